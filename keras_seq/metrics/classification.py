"""Metrics of a classifier, from its probabilities."""

import numpy as np

__all__ = ["classification_scores"]


def classification_scores(probabilities, labels) -> dict[str, float]:
    """Accuracy, macro F1 and loss of predicted probabilities.

        accuracy = mean_i [argmax_c p_ic = y_i]
        F1_c     = 2 TP_c / (2 TP_c + FP_c + FN_c)
        macro F1 = mean of F1_c over the classes that occur, as a label or as an answer
        loss     = mean_i -ln p_i,y_i                                    (nats)

    Args:
        probabilities: `(N, C)`, rows that sum to 1.
        labels: `(N,)` integers in 0 … C - 1.

    Returns:
        `{"accuracy", "macro_f1", "loss"}`; accuracy and F1 are fractions.

    Example:

    >>> scores = classification_scores([[0.9, 0.1], [0.6, 0.4]], [0, 1])
    >>> scores["accuracy"], round(scores["macro_f1"], 4), round(scores["loss"], 4)
    (0.5, 0.3333, 0.5108)
    """
    probabilities, labels = np.asarray(probabilities, "float64"), np.asarray(labels)
    answers = probabilities.argmax(axis=1)
    f1 = []
    for label in np.union1d(answers, labels):
        true_positives = np.sum((answers == label) & (labels == label))
        errors = np.sum((answers == label) != (labels == label))  # false positives and false negatives
        f1.append(2 * true_positives / (2 * true_positives + errors))
    of_label = np.take_along_axis(probabilities, labels[:, None], axis=1)
    return {
        "accuracy": float(np.mean(answers == labels)),
        "macro_f1": float(np.mean(f1)),
        "loss": float(-np.mean(np.log(np.maximum(of_label, 1e-12)))),
    }
