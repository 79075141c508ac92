"""Which texts hold which n-grams, and how much each n-gram speaks for each label."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse

from keras_seq.data import length_sorted_batches
from keras_seq.ops.ngrams import hash_ngrams

__all__ = ["NgramEvidenceTable", "ngram_presence"]


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

    def plus(self, other: "NgramEvidenceTable") -> "NgramEvidenceTable":
        """The table whose logits are the sum of both's."""
        both = np.concatenate([_joined(each.slots, each.fingerprints) for each in (self, other)])
        ngrams, row = np.unique(both, return_inverse=True)
        weights = np.zeros((len(ngrams), self.weights.shape[1]), "float32")
        np.add.at(weights, row, np.concatenate([self.weights, other.weights]))
        return NgramEvidenceTable(*_parted(ngrams), weights, self.bias + other.bias)


def ngram_presence(
    token_ids: Sequence[Sequence[int]], longest: int, slots: int, minimum_texts: int
) -> tuple[scipy.sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Which text holds which n-gram, however often.

    Args:
        token_ids: ids of each text.
        longest: the largest n.
        slots: as of `keras_seq.layers.NgramEvidence`.
        minimum_texts: n-grams of fewer texts are left out.

    Returns:
        A sparse matrix `(N, G)` of zeros and ones, and the two hashes of each n-gram, int32 `(G,)`.
    """
    texts, keys = [], []
    for indices, padded in length_sorted_batches(token_ids, batch_size=256, maximum_tokens=200_000):
        slot, fingerprint, there = (np.asarray(each) for each in hash_ngrams(padded, longest, slots))
        for index, each, exists in zip(indices, _joined(slot, fingerprint), there, strict=True):
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
    return present, *_parted(ngrams[kept])


def _joined(slots, fingerprints):
    """One number that no other (slot, fingerprint) has: 2²¹ slots, 2²⁰ fingerprints."""
    return slots.astype("int64") << 21 | fingerprints


def _parted(ngrams):
    return (ngrams >> 21).astype("int32"), (ngrams & (1 << 21) - 1).astype("int32")
