"""A linear classifier over word n-grams, from counts: naive Bayes, then logistic regression."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.optimize
import scipy.sparse

from keras_seq.data import length_sorted_batches
from keras_seq.ops.ngrams import hash_ngrams

__all__ = ["NgramEvidenceTable", "learn_ngram_evidence"]


class NgramEvidenceTable(NamedTuple):
    """What `keras_seq.layers.NgramEvidence.set_evidence` takes.

    Attributes:
        slots, fingerprints: int32 `(G,)`, the two hashes of each n-gram.
        weights: float32 `(G, columns)`.
        bias: float32 `(columns,)`.
    """

    slots: np.ndarray
    fingerprints: np.ndarray
    weights: np.ndarray
    bias: np.ndarray


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
    present, hashes = _presence(token_ids, longest, slots, minimum_texts)  # (N, G)
    columns = [1] if num_classes == 2 else range(num_classes)
    weights, bias = zip(
        *(_one_against_rest(present, labels == label, penalty) for label in columns), strict=True
    )
    return NgramEvidenceTable(*hashes, np.stack(weights, axis=1).astype("float32"), np.array(bias, "float32"))


def _presence(token_ids, longest, slots, minimum_texts):
    """Which text holds which n-gram: sparse `(N, G)` of zeros and ones, and the hashes of each n-gram."""
    texts, keys = [], []
    for indices, padded in length_sorted_batches(token_ids, batch_size=256, maximum_tokens=200_000):
        slot, fingerprint, there = (np.asarray(each) for each in hash_ngrams(padded, longest, slots))
        # One number that no other (slot, fingerprint) has: 2²¹ slots, 2²⁰ fingerprints.
        key = slot.astype("int64") << 21 | fingerprint
        for index, each, exists in zip(indices, key, there, strict=True):
            different = np.unique(each[exists])
            keys.append(different)
            texts.append(np.full(len(different), index, "int32"))
    texts, keys = np.concatenate(texts), np.concatenate(keys)
    ngrams, column, count = np.unique(keys, return_inverse=True, return_counts=True)
    kept = count >= minimum_texts
    place = np.cumsum(kept) - 1
    chosen = kept[column]
    shape = (len(token_ids), int(kept.sum()))
    ones = np.ones(int(chosen.sum()), "float32")
    present = scipy.sparse.csr_matrix((ones, (texts[chosen], place[column[chosen]])), shape=shape)
    ngrams = ngrams[kept]
    return present, ((ngrams >> 21).astype("int32"), (ngrams & (1 << 21) - 1).astype("int32"))


def _one_against_rest(present, is_label, penalty):
    """Weights `(G,)` and bias of one label against all others."""
    for_it = 1 + present[is_label].sum(axis=0).A1
    against = 1 + present[~is_label].sum(axis=0).A1
    ratio = np.log(for_it / for_it.sum()) - np.log(against / against.sum())
    scaled = present @ scipy.sparse.diags(ratio.astype("float32"))
    transposed = scaled.T.tocsr()
    sign = np.where(is_label, 1.0, -1.0)

    def loss(parameters):
        w, b = parameters[:-1], parameters[-1]
        margin = sign * (scaled @ w + b)
        slope = -sign * scipy.special.expit(-margin)  # of ln(1 + exp(-margin)) by the logit
        gradient = np.append(transposed @ slope + penalty * w, slope.sum())
        return np.logaddexp(0, -margin).sum() + penalty / 2 * w @ w, gradient

    start = np.zeros(present.shape[1] + 1)
    found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100}).x
    return ratio * found[:-1], found[-1]
