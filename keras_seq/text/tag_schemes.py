"""How spans are written as one tag a word: IOB1, IOB2 (BIO), IOBES, BILOU, or plain tags that are no spans.

    words   New     York    and     Rome        spans (0, 2, "place"), (3, 4, "place")
    IOB2    B-place I-place O       B-place     each span begins with B
    IOB1    I-place I-place O       I-place     B only where a span follows one of its own label
    IOBES   B-place E-place O       S-place     its last word is E, a single word S
    BILOU   B-place L-place O       U-place     the same with other letters

A tag is "O", or a letter, a hyphen and a label; the label may be anything, hyphens and Chinese included.
"""

from collections.abc import Sequence
from itertools import chain

from keras_seq.errors import InputError, did_you_mean

__all__ = [
    "SCHEMES",
    "allowed_transitions",
    "convert",
    "first_illegal",
    "is_legal",
    "is_tag",
    "recognise",
    "repair",
    "spans",
]

SCHEMES = ("plain", "IOB1", "IOB2", "IOBES", "BILOU")

Span = tuple[int, int, str]  # first word, the word behind the last, label

# How each writes a span of one word, and the first, middle and last word of a longer one.
_LETTERS = {"IOB2": "BBII", "IOBES": "SBIE", "BILOU": "UBIL"}
_OUTSIDE = ("O", "")


def recognise(sentences: Sequence[Sequence[str]]) -> str:
    """The scheme that tagged sentences are written in.

    IOB1 and IOB2 have the same tags: it is the one that is breached less often, IOB2 where both fit. Tags
    that are no letter with a label, such as parts of speech, are plain; so are letters of two schemes mixed.

    >>> recognise([["B-place", "I-place", "O"]])
    'IOB2'
    >>> recognise([["DET", "NOUN", "VERB"]])
    'plain'
    """
    parts = {tag: _split(tag) for tag in set(chain.from_iterable(sentences))}
    if not parts or None in parts.values():
        return "plain"
    letters = {letter for letter, _ in parts.values()}
    if letters <= set("OBI"):
        breaches = {"IOB2": 0, "IOB1": 0}
        for tags in sentences:
            for scheme in breaches:
                breaches[scheme] += len(_breaches([parts[tag] for tag in tags], scheme))
        return min(breaches, key=breaches.get)
    for scheme in ("IOBES", "BILOU"):
        if letters <= {"O", *_LETTERS[scheme]}:
            return scheme
    return "plain"


def spans(tags: Sequence[str]) -> list[Span]:
    """The spans that tags say, as (first word, word behind the last, label), whatever the scheme.

    Illegal tags are read for what they most likely mean, as conlleval does: what has nothing to continue
    begins a span. Plain tags are no spans.

    >>> spans(["B-place", "I-place", "O", "I-date"])
    [(0, 2, 'place'), (3, 4, 'date')]
    """
    found: list[Span] = []
    is_open = False  # whether the span that was found last may go on
    for t, tag in enumerate(tags):
        letter, label = _split(tag) or _OUTSIDE
        if letter == "O":
            is_open = False
            continue
        if is_open and letter in "IEL" and label == found[-1][2]:
            found[-1] = (found[-1][0], t + 1, label)
        else:
            found.append((t, t + 1, label))
        is_open = letter in "BI"
    return found


def is_tag(tag: str, scheme: str) -> bool:
    """Whether the scheme has such a tag; "plain" has every one."""
    part = _split(tag)
    return scheme == "plain" or (part is not None and part[0] in {"O", *_LETTERS.get(scheme, "BI")})


def first_illegal(tags: Sequence[str], scheme: str) -> int | None:
    """Which tag breaks the scheme first (the last, where a span is left open); None where all are legal."""
    _check(scheme)
    if scheme == "plain":
        return None
    strange = [t for t, tag in enumerate(tags) if not is_tag(tag, scheme)]
    breaches = _breaches([_split(tag) or _OUTSIDE for tag in tags], scheme)
    return min([*strange, *breaches], default=None)


def is_legal(tags: Sequence[str], scheme: str) -> bool:
    """Whether the tags follow the scheme.

    >>> is_legal(["O", "I-place"], "IOB2"), is_legal(["O", "I-place"], "IOB1")
    (False, True)
    """
    return first_illegal(tags, scheme) is None


def repair(tags: Sequence[str], scheme: str) -> list[str]:
    """Legal tags for the spans that the tags most likely mean; legal ones stay as they are.

    >>> repair(["O", "I-place", "I-date"], "IOB2")
    ['O', 'B-place', 'B-date']
    """
    _check(scheme)
    return list(tags) if scheme == "plain" else _written(spans(tags), len(tags), scheme)


def convert(tags: Sequence[str], source: str, target: str) -> list[str]:
    """The same spans in another scheme.

    Raises:
        InputError: tags that break their scheme; plain tags, which say no spans.

    >>> convert(["B-place", "I-place", "O", "B-place"], "IOB2", "IOBES")
    ['B-place', 'E-place', 'O', 'S-place']
    """
    _check(source)
    _check(target)
    if "plain" in (source, target) and source != target:
        raise InputError(f"Plain tags say no spans and cannot be converted. Received: {source} to {target}")
    wrong = first_illegal(tags, source)
    if wrong is not None:
        before = f" after {tags[wrong - 1]!r}" if wrong else ""
        raise InputError(
            f"Tag {wrong + 1} of a sentence, {tags[wrong]!r}{before}, is not legal in {source}. "
            "Repair the tags first, or name the scheme that they are in."
        )
    return repair(tags, target)


def allowed_transitions(
    tag_names: Sequence[str], scheme: str | None = None
) -> tuple[list[bool], list[bool], list[list[bool]]]:
    """Which tags may come first, last, and after one another: start `(N,)`, end `(N,)`, matrix `(N, N)`.

    A sequence of these tags is legal exactly if it takes allowed steps. They are what `CRF` takes:

        start, end, allowed = allowed_transitions(tag_names)
        CRF(len(tag_names), allowed, start, end)

    Args:
        tag_names: the N tags, in the order of their numbers.
        scheme: None: recognised from the names, IOB2 rather than IOB1.

    >>> allowed_transitions(["O", "B-x", "I-x"])
    ([True, True, False], [True, True, True], [[True, True, False], [True, True, True], [True, True, True]])
    """
    if scheme is None:
        scheme = recognise([tag_names])
        scheme = "IOB2" if scheme == "IOB1" else scheme  # the order of names says nothing
    _check(scheme)
    parts = [_split(tag) or _OUTSIDE for tag in tag_names]
    start = [_may_follow(_OUTSIDE, tag, scheme) for tag in parts]
    end = [_may_follow(tag, _OUTSIDE, scheme) for tag in parts]
    return start, end, [[_may_follow(one, other, scheme) for other in parts] for one in parts]


def _split(tag: str) -> tuple[str, str] | None:
    """Letter and label; None for a plain tag."""
    if tag == "O":
        return _OUTSIDE
    letter, hyphen, label = tag.partition("-")
    return (letter, label) if len(letter) == 1 and letter in "BIESLU" and hyphen and label else None


def _may_follow(before, after, scheme) -> bool:
    """Whether a tag may stand after another; a sentence begins and ends like a word outside of spans."""
    (old, old_label), (new, new_label) = before, after
    goes_on = old in ("B", "I") and old_label == new_label  # there is a span that could be continued
    if scheme == "IOB1":
        return new != "B" or goes_on
    if scheme == "IOB2":
        return new != "I" or goes_on
    if scheme in ("IOBES", "BILOU"):
        continues = new in ("I", _LETTERS[scheme][3])
        return goes_on if old in ("B", "I") and continues else old not in ("B", "I") and not continues
    return True


def _breaches(parts, scheme) -> list[int]:
    """Where a tag may not follow the one before; the last tag, where the sentence may not end."""
    found = [
        t for t, tag in enumerate(parts) if not _may_follow(parts[t - 1] if t else _OUTSIDE, tag, scheme)
    ]
    return found + [len(parts) - 1] if parts and not _may_follow(parts[-1], _OUTSIDE, scheme) else found


def _written(found: list[Span], length: int, scheme: str) -> list[str]:
    tags = ["O"] * length
    for number, (start, end, label) in enumerate(found):
        if scheme == "IOB1":
            touches = number > 0 and found[number - 1][1:] == (start, label)
            letters = ("B" if touches else "I") + "I" * (end - start - 1)
        else:
            single, first, middle, last = _LETTERS[scheme]
            letters = single if end - start == 1 else first + middle * (end - start - 2) + last
        tags[start:end] = [f"{letter}-{label}" for letter in letters]
    return tags


def _check(scheme):
    if scheme not in SCHEMES:
        raise InputError(f"Unknown tag scheme {scheme!r}. {did_you_mean(scheme, SCHEMES)}")
