"""`builtin:opposites`: a word, well typed or not, letter by letter -> its opposite.

The classic first exercise of sequence to sequence has six pairs, in its own spelling: man→women, black→white,
king→queen, girl→boy, up→down, high→low. Six pairs can be learnt by heart, and a model that did so says
nothing sensible to "highh". So here the words are also mistyped, as fingers do it: up to two mistakes, each a
letter doubled or, where three are left, dropped. What "highh" is has to be told from letters that are
not all in their places.

- train: half of the words are typed well, half are not; the same ones come again and again.
- validation: mistyped words that training does not have.
- test: the six words, and "highh" and "blck", which neither training nor validation have.

No mistyped word is one of the words, or may stand for two of them.
"""

import random

from keras_seq.data.examples import Examples

NAME = "builtin:opposites"
OPPOSITES = {"man": "women", "black": "white", "king": "queen", "girl": "boy", "up": "down", "high": "low"}
MISTYPED = {"highh": "high", "blck": "black"}  # those of the test
SPLITS = {"train": 1_200, "validation": 12, "test": len(OPPOSITES) + len(MISTYPED)}
MISTAKES = 2
SHORTEST = 3  # letters that a word must have left where one is dropped


def load(name: str, split: str, seed: int = 0) -> Examples:
    """Generate one split: 1,200, 12 or 8 words; in the first two each of the six comes equally often."""
    rng = random.Random(f"{name} {seed}")
    rows: dict[str, list[tuple[str, str]]] = {"train": [], "validation": []}
    rows["test"] = [*OPPOSITES.items(), *((typed, OPPOSITES[word]) for typed, word in MISTYPED.items())]
    for word, forms in mistyped_words().items():
        rng.shuffle(forms)
        held = SPLITS["validation"] // len(OPPOSITES)
        rows["validation"] += [(typed, OPPOSITES[word]) for typed in forms[:held]]
        for _ in range(SPLITS["train"] // len(OPPOSITES) // 2):
            rows["train"] += [(word, OPPOSITES[word]), (rng.choice(forms[held:]), OPPOSITES[word])]
    for some in rows.values():
        if some is not rows["test"]:
            rng.shuffle(some)
    sources, targets = zip(*rows[split], strict=True)
    return Examples({"source": list(sources), "target": list(targets)}, name, split)


def mistyped_words() -> dict[str, list[str]]:
    """word -> its mistyped forms, sorted, without those of the test and without any that is not its alone."""
    forms = {word: _mistyped(word) for word in OPPOSITES}
    words = {*OPPOSITES, *OPPOSITES.values(), *MISTYPED}
    return {
        word: sorted(own - words - set().union(*(forms[other] for other in forms if other != word)))
        for word, own in forms.items()
    }


def _mistyped(word: str) -> set[str]:
    """Everything that up to `MISTAKES` mistakes make of a word."""
    every, latest = {word}, {word}
    for _ in range(MISTAKES):
        latest = {changed for typed in latest for changed in _one_mistake(typed)}
        every |= latest
    return every - {word}


def _one_mistake(word: str) -> set[str]:
    places = range(len(word))
    doubled = {word[: place + 1] + word[place:] for place in places}
    dropped = {word[:place] + word[place + 1 :] for place in places if len(word) > SHORTEST}
    return doubled | dropped
