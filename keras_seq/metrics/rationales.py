"""Whether the words that a model says it looked at are those that its answer rests on."""

from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["chosen_words", "faithfulness", "faithfulness_curve", "heaviest_words", "random_words"]

FRACTIONS = (0.05, 0.1, 0.2, 0.5)

Texts = Sequence[Sequence]
Places = Sequence[Sequence[int]]


def faithfulness(
    predict: Callable[[Texts], np.ndarray],
    texts: Texts,
    places: Places,
    labels: Sequence[int] | None = None,
    whole=None,
) -> dict[str, float]:
    """How an answer changes where its rationale is taken away, and where nothing else is left.

        ŷ                 = argmax_c p(c | x)                    the answer to the whole text
        comprehensiveness = p(ŷ | x) - p(ŷ | x without the rationale)
        sufficiency       = p(ŷ | x) - p(ŷ | the rationale alone)

    in the mean of the texts. The words that an answer rests on have a high comprehensiveness, and a
    sufficiency near 0. Words are really taken out: those that stay keep their order and close ranks.

    Args:
        predict: texts -> probabilities `(N, C)`. It answers a text without a word, too: that stands where
            all of a text is its rationale.
        texts: the tokens of each text.
        places: of each text those of its tokens, from 0, that are its rationale; in any order.
        labels: `(N,)` the true ones, for accuracies.
        whole: what `predict` gives for the texts, where that is known.

    Returns:
        `{"words", "share", "comprehensiveness", "sufficiency"}`: how many words a rationale has, and which
        part of its text that is, in the mean; with labels `"accuracy"` of the whole texts, `"accuracy_kept"`
        of the rationales alone, and `"accuracy_removed"` of the texts without them. A text without a token
        counts in none of them.

    Raises:
        ValueError: no text with a token, lists of different lengths, a place outside its text.

    Example:

    >>> def predict(texts):  # "good" is all that it knows
    ...     good = np.array([0.9 if "good" in text else 0.2 for text in texts])
    ...     return np.stack([1 - good, good], axis=1)
    >>> scores = faithfulness(predict, [["a", "good", "film"]], [[1]], labels=[1])
    >>> round(scores["comprehensiveness"], 3), round(scores["sufficiency"], 3), scores["accuracy_removed"]
    (0.7, 0.0, 0.0)

    Reference: DeYoung et al. (2020), ERASER: A Benchmark to Evaluate Rationalized NLP Models, section 4.2.
    """
    _check(texts, places, labels)
    whole = np.asarray(predict(texts) if whole is None else whole, "float64")
    sets = [set(each) for each in places]
    kept = [[word for n, word in enumerate(text) if n in own] for text, own in zip(texts, sets, strict=True)]
    left = [
        [word for n, word in enumerate(text) if n not in own] for text, own in zip(texts, sets, strict=True)
    ]
    of_kept, of_left = (np.asarray(predict(each), "float64") for each in (kept, left))
    counted = np.array([len(text) > 0 for text in texts])
    answers = whole.argmax(axis=1)

    def mean(values):
        return float(np.mean(np.asarray(values)[counted]))

    def of_answer(probabilities):  # (N, C) -> (N,)
        return np.take_along_axis(probabilities, answers[:, None], axis=1)[:, 0]

    scores = {
        "words": mean([len(own) for own in sets]),
        "share": mean([len(own) / max(len(text), 1) for own, text in zip(sets, texts, strict=True)]),
        "comprehensiveness": mean(of_answer(whole) - of_answer(of_left)),
        "sufficiency": mean(of_answer(whole) - of_answer(of_kept)),
    }
    if labels is not None:
        sides = {"accuracy": whole, "accuracy_kept": of_kept, "accuracy_removed": of_left}
        scores |= {name: mean(side.argmax(axis=1) == np.asarray(labels)) for name, side in sides.items()}
    return scores


def faithfulness_curve(
    predict: Callable[[Texts], np.ndarray],
    texts: Texts,
    weights: Sequence[Sequence[float]],
    labels: Sequence[int] | None = None,
    amounts: Sequence[float | int | None] = FRACTIONS,
    draws: int = 3,
    seed: int = 0,
) -> list[dict]:
    """`faithfulness` of more and more words, beside as many random ones.

    Args:
        predict, texts, labels: as in `faithfulness`.
        weights: of each text, one for each token.
        amounts: which words are the rationale: a fraction of the text below 1, or a number of words, the
            heaviest; or None, those that a hard attention chose: all whose weight is above 0.
        draws: how many times random words are drawn, for their mean.
        seed: of the draws.

    Returns:
        For each amount `{"amount", "attention", "random"}`, the latter two as `faithfulness` gives them.

    Raises:
        ValueError: as `faithfulness`; an amount that is none.

    Example:

    >>> def predict(texts):
    ...     good = np.array([0.9 if "good" in text else 0.2 for text in texts])
    ...     return np.stack([1 - good, good], axis=1)
    >>> texts, weights = [["good", "film"]] * 40, [[0.8, 0.2]] * 40
    >>> (row,) = faithfulness_curve(predict, texts, weights, amounts=[1])
    >>> round(row["attention"]["comprehensiveness"], 2), 0.2 < row["random"]["comprehensiveness"] < 0.5
    (0.7, True)
    """
    whole = predict(texts)
    rows = []
    for number, amount in enumerate(amounts):
        places = chosen_words(weights) if amount is None else heaviest_words(weights, amount)
        by_chance = [
            faithfulness(predict, texts, random_words(texts, places, (seed, number, draw)), labels, whole)
            for draw in range(draws)
        ]
        rows.append(
            {
                "amount": amount,
                "attention": faithfulness(predict, texts, places, labels, whole),
                "random": {
                    name: float(np.mean([scores[name] for scores in by_chance])) for name in by_chance[0]
                },
            }
        )
    return rows


def heaviest_words(weights: Sequence[Sequence[float]], amount: float | int) -> list[list[int]]:
    """The places of the words of most weight, in reading order; the first of equal ones.

    Args:
        weights: of each text, one for each token.
        amount: a number of words, as far as a text has them; or a fraction of the text below 1, rounded to a
            whole number of words, at least one.

    Raises:
        ValueError: an amount below or at 0, or a number of words that is no whole one.

    Example:

    >>> heaviest_words([[0.1, 0.6, 0.3], [1.0]], 0.5), heaviest_words([[0.1, 0.6, 0.3], [1.0]], 1)
    ([[1, 2], [0]], [[1], [0]])
    """
    if amount <= 0 or (amount >= 1 and amount != int(amount)):
        raise ValueError(
            f"An amount is a whole number of words, or a fraction between 0 and 1. Received: amount={amount}"
        )
    found = []
    for row in weights:
        count = int(amount) if amount >= 1 else max(1, int(amount * len(row) + 0.5))
        found.append(sorted(np.argsort(-np.asarray(row, "float64"), kind="stable")[:count].tolist()))
    return found


def chosen_words(weights: Sequence[Sequence[float]]) -> list[list[int]]:
    """The places whose weight is above 0: what a hard attention chose.

    Example:

    >>> chosen_words([[0, 1, 0], [0.5, 0, 0.5]])
    [[1], [0, 2]]
    """
    return [np.flatnonzero(np.asarray(row) > 0).tolist() for row in weights]


def random_words(texts: Texts, places: Places, seed) -> list[list[int]]:
    """As many places of each text, drawn at random.

    Args:
        texts: the tokens of each text.
        places: of each text some of its places.
        seed: as `numpy.random.default_rng` takes it.

    Example:

    >>> [len(each) for each in random_words([["a", "b", "c"], ["d"]], [[0, 1], [0]], seed=1)]
    [2, 1]
    """
    random = np.random.default_rng(seed)
    return [
        sorted(random.choice(len(text), len(own), replace=False).tolist()) if len(own) else []
        for text, own in zip(texts, places, strict=True)
    ]


def _check(texts, places, labels):
    counts = {"texts": len(texts), "places": len(places)}
    counts |= {} if labels is None else {"labels": len(labels)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"Each text has its places, and a label where there are any. Received: {counts}")
    if not any(len(text) for text in texts):
        raise ValueError("Nothing to measure: there is no text with a token.")
    for number, (text, own) in enumerate(zip(texts, places, strict=True)):
        wrong = [place for place in own if not 0 <= place < len(text)]
        if wrong:
            raise ValueError(
                f"The places of a text are of its tokens, from 0. Received: {wrong[0]} in text {number}, "
                f"which has {len(text)}"
            )
