"""A linear classifier over word n-grams, from counts: naive Bayes, then logistic regression."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse

from keras_seq.pretraining.evidence_table import NgramEvidenceTable, ngram_presence
from keras_seq.pretraining.logistic_regression import logistic_regression

__all__ = ["learn_ngram_evidence"]


def learn_ngram_evidence(
    token_ids: Sequence[Sequence[int]],
    labels: np.ndarray,
    num_classes: int,
    *,
    longest: int = 3,
    slots: int = 1_048_573,
    minimum_texts: int = 3,
    penalty: float = 10.0,
) -> NgramEvidenceTable:
    """How much each n-gram speaks for each label, by naive Bayes weighted logistic regression.

        x_ig = 1 where text i holds the n-gram g, however often
        r_g  = ln (1 + Σ_{i: y=c} x_ig) / Z_c  -  ln (1 + Σ_{i: y≠c} x_ig) / Z_other      Z: the sums over g
        w, b = argmin Σ_i -ln σ(±(b + Σ_g x_ig r_g w_g)) + penalty / 2 · |w|²
        weight_g = r_g w_g

    for one label against the other; with more than two, for each against all others.

    Args:
        token_ids: ids of each text.
        labels: int `(N,)`.
        num_classes: number of labels.
        longest: the largest n.
        slots: as the layer's.
        minimum_texts: n-grams of fewer texts are left out.
        penalty: of the squares of w.

    Returns:
        One row an n-gram.

    Reference: Wang & Manning 2012, Baselines and Bigrams, section 2 (there with an interpolation instead of
    the penalty).
    """
    present, *hashes = ngram_presence(token_ids, longest, slots, minimum_texts)  # (N, G)
    columns = [1] if num_classes == 2 else range(num_classes)
    weights, bias = zip(
        *(_one_against_rest(present, labels == label, penalty) for label in columns), strict=True
    )
    return NgramEvidenceTable(*hashes, np.stack(weights, axis=1).astype("float32"), np.array(bias, "float32"))


def _one_against_rest(present, is_label, penalty):
    """Weights `(G,)` and bias of one label against all others."""
    for_it = 1 + present[is_label].sum(axis=0).A1
    against = 1 + present[~is_label].sum(axis=0).A1
    ratio = np.log(for_it / for_it.sum()) - np.log(against / against.sum())
    scaled = present @ scipy.sparse.diags(ratio.astype("float32"))
    weights, bias = logistic_regression(scaled, is_label, penalty)
    return ratio * weights, bias
