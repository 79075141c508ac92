"""Labelled stretches of a text -> one tag a token."""

from collections.abc import Iterable, Sequence

from keras_seq.text.tokenizers import Token

Span = tuple[int, int, str]  # start and end in characters, label


def tags_of_spans(tokens: Sequence[Token], spans: Iterable[Span]) -> list[str]:
    """Return IOB2 tags: "B-label" on the first token that begins in a span, "I-label" on the others.

    Example:
        >>> from keras_seq.text.tokenizers import WordTokenizer
        >>> tags_of_spans(WordTokenizer().split("to New York"), [(3, 11, "to_place")])
        ['O', 'B-to_place', 'I-to_place']
    """
    tags = ["O"] * len(tokens)
    for start, end, label in spans:
        inside = [place for place, token in enumerate(tokens) if start <= token.start < end]
        for place in inside:
            tags[place] = f"{'B' if place == inside[0] else 'I'}-{label}"
    return tags
