"""Metrics of a tagger, from tags as people read them."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from keras_seq.errors import InputError
from keras_seq.text.tag_schemes import is_tag, recognise, repair

__all__ = ["confusion", "tag_report", "tagging_scores"]

Sentences = Sequence[Sequence[str]]

_AVERAGES = ("micro avg", "macro avg", "weighted avg")  # seqeval's, among the labels


def tagging_scores(
    true: Sentences,
    predicted: Sentences,
    true_intents: Sequence[str] | None = None,
    predicted_intents: Sequence[str] | None = None,
    scheme: str | None = None,
) -> dict[str, float]:
    """Accuracy of tags, spans, intents and whole sentences, as fractions.

        token_accuracy    = right tags / words
        span_f1           = 2 · right spans / (true spans + predicted spans)
        intent_accuracy   = right intents / sentences
        sentence_accuracy = sentences with every tag right, and the intent if there are intents / sentences

    A span is right if its first word, its last word and its label are: seqeval, mode strict, where a
    predicted span that breaks the scheme counts as none. IOB1, in which nothing breaks, is read as IOB2.

    Args:
        true: the tags of each sentence.
        predicted: as many.
        true_intents: of each sentence; None: there are none.
        predicted_intents: as many.
        scheme: of `keras_seq.text.tag_schemes`; None: recognised from the true tags.

    Returns:
        Those of the four that apply: `"span_f1"` unless tags are plain, `"intent_accuracy"` with intents.

    Raises:
        ValueError: no words; sentences or intents of different number.
        InputError: tags of two schemes; seqeval is not installed, and tags are spans.

    Example:

    >>> scores = tagging_scores([["B-x", "I-x", "O"], ["O", "B-y"]], [["B-x", "I-x", "O"], ["O", "O"]])
    >>> {name: round(score, 4) for name, score in scores.items()}
    {'token_accuracy': 0.8, 'span_f1': 0.6667, 'sentence_accuracy': 0.5}
    """
    scheme = _checked(true, predicted, scheme)
    right = [list(one) == list(other) for one, other in zip(true, predicted, strict=True)]
    words = zip(chain.from_iterable(true), chain.from_iterable(predicted), strict=True)
    scores = {"token_accuracy": sum(one == other for one, other in words) / sum(map(len, true))}
    if scheme != "plain":
        report = _span_report(true, predicted, scheme)
        scores["span_f1"] = float(report["micro avg"]["f1-score"]) if report else 1.0
    if true_intents is not None:
        if predicted_intents is None or not len(true) == len(true_intents) == len(predicted_intents):
            raise ValueError(
                "Each sentence has one true and one predicted intent. Received: "
                f"{len(true)} sentences, {len(true_intents)} true intents and "
                f"{'no' if predicted_intents is None else len(predicted_intents)} predicted ones"
            )
        hits = [one == other for one, other in zip(true_intents, predicted_intents, strict=True)]
        scores["intent_accuracy"] = sum(hits) / len(hits)
        right = [tags and intent for tags, intent in zip(right, hits, strict=True)]
    scores["sentence_accuracy"] = sum(right) / len(right)
    return scores


def tag_report(true: Sentences, predicted: Sentences, scheme: str | None = None) -> list[dict]:
    """How well each label is found: of spans where tags are spans, else each tag.

    Arguments and errors as in `tagging_scores`.

    Returns:
        For each label, sorted, `{"label", "precision", "recall", "f1", "count"}`; count: how many are true.
        A fraction of nothing is 0.

    Example:

    >>> tag_report([["NOUN", "VERB"]], [["NOUN", "NOUN"]])[0]
    {'label': 'NOUN', 'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666, 'count': 1}
    """
    scheme = _checked(true, predicted, scheme)
    if scheme != "plain":
        report = _span_report(true, predicted, scheme)
        return [
            {
                "label": label,
                "precision": float(row["precision"]),
                "recall": float(row["recall"]),
                "f1": float(row["f1-score"]),
                "count": int(row["support"]),
            }
            for label, row in sorted(report.items())
            if label not in _AVERAGES
        ]
    pairs = list(zip(chain(*true), chain(*predicted), strict=True))
    of_true, of_predicted = (Counter(side) for side in zip(*pairs, strict=True))
    hits = Counter(one for one, other in pairs if one == other)
    return [
        {
            "label": label,
            "precision": hits[label] / max(of_predicted[label], 1),
            "recall": hits[label] / max(of_true[label], 1),
            "f1": 2 * hits[label] / (of_true[label] + of_predicted[label]),
            "count": of_true[label],
        }
        for label in sorted({*of_true, *of_predicted})
    ]


def confusion(true: Sequence[str], predicted: Sequence[str]) -> dict[str, list]:
    """How often each name was taken for each other: tags of words in one list, or intents.

    Args:
        true: names.
        predicted: as many.

    Returns:
        `{"labels": [name …], "counts": [[number …] …]}`: a row for each true name, a column for each
        predicted one, both in the order of labels (sorted).

    Raises:
        ValueError: lists of different length.

    Example:

    >>> confusion(["a", "a", "b"], ["a", "b", "b"])
    {'labels': ['a', 'b'], 'counts': [[1, 1], [0, 1]]}
    """
    if len(true) != len(predicted):
        raise ValueError(
            "Each true name has one predicted. "
            f"Received: {len(true)} true and {len(predicted)} predicted ones"
        )
    pairs = Counter(zip(true, predicted, strict=True))
    labels = sorted({*true, *predicted})
    return {"labels": labels, "counts": [[pairs[one, other] for other in labels] for one in labels]}


def _span_report(true, predicted, scheme) -> dict[str, dict]:
    """seqeval's report by label, with its averages; empty where there is no span at all."""
    try:
        from seqeval import scheme as schemes
        from seqeval.metrics import classification_report
    except ImportError:
        raise InputError(
            "Span F1 is counted by the package seqeval, which is not installed.\n"
            "Install it: pip install 'keras_seq[tagging]'"
        ) from None
    if scheme == "IOB1":
        scheme = "IOB2"
        true, predicted = ([repair(tags, scheme) for tags in side] for side in (true, predicted))
    true, predicted = ([list(tags) for tags in side] for side in (true, predicted))
    kind = getattr(schemes, scheme)
    if not any(schemes.Entities(side, kind).unique_tags for side in (true, predicted)):
        return {}  # seqeval raises a ValueError of an empty maximum
    return classification_report(
        true, predicted, mode="strict", scheme=kind, output_dict=True, zero_division=0
    )


def _checked(true, predicted, scheme) -> str:
    """The scheme of tags that can be scored."""
    if len(true) != len(predicted):
        raise ValueError(
            "Each sentence has true and predicted tags. "
            f"Received: {len(true)} sentences with true tags and {len(predicted)} with predicted ones"
        )
    for number, (one, other) in enumerate(zip(true, predicted, strict=True)):
        if len(one) != len(other):
            raise ValueError(
                "Each word has one true and one predicted tag. "
                f"Received: {len(one)} true and {len(other)} predicted ones in sentence {number}"
            )
    if not any(true):
        raise ValueError("Nothing to score: there is no word with a tag.")
    if scheme is None:
        scheme, other = recognise(true), recognise(predicted)
        if scheme in ("IOB1", "IOB2") and other in ("IOBES", "BILOU"):
            scheme = other  # that the true tags happen to have no E or S
    strange = sorted({tag for tag in chain.from_iterable(chain(true, predicted)) if not is_tag(tag, scheme)})
    if strange:
        raise InputError(
            f"The true tags are in the scheme {scheme}, which has no {', '.join(map(repr, strange[:3]))}. "
            "Expected true and predicted tags in one scheme."
        )
    return scheme
