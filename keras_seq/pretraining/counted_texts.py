"""A linear classifier over word n-grams that learns from texts without labels too: each text has a say."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import aslinearoperator

from keras_seq.pretraining.evidence_table import NgramEvidenceTable, ngram_presence
from keras_seq.pretraining.logistic_regression import logistic_regression

__all__ = ["learn_text_evidence"]


def learn_text_evidence(
    token_ids: Sequence[Sequence[int]],
    labels: np.ndarray,
    num_classes: int,
    unlabelled: Sequence[Sequence[int]] = (),
    *,
    longest: int = 3,
    slots: int = 1_048_573,
    minimum_texts: int = 20,
    penalty: float = 0.3,
) -> NgramEvidenceTable:
    """How much each n-gram speaks for each label, as the sum of what the texts say that hold it.

        x_dg = (ln N / N_g)² where text d holds the n-gram g, however often   N texts, N_g of them hold g
        weight_g = 1/s Σ_d a_d x_dg / |x_d|                                   d: labelled texts and others
        a, b = argmin Σ_{i labelled} -ln σ(±(b + Σ_g x_ig weight_g)) + penalty / 2 · |a|²

    with s such that a text of usual length has Σ_g (x_ig / s)² = 1; for one label against the other, with
    more than two for each against all others.

    The number a_d is what text d says. For a text without label it is free as well, and this is how an
    n-gram that no labelled text holds comes by a weight: n-grams of the same texts share what these say.

    Args:
        token_ids: ids of each labelled text.
        labels: int `(N,)`.
        num_classes: number of labels.
        unlabelled: ids of the other texts.
        longest: the largest n.
        slots: as of `keras_seq.layers.NgramEvidence`.
        minimum_texts: n-grams of fewer texts are left out.
        penalty: of the squares of a.

    Returns:
        One row an n-gram.

    Reference: it is kernel logistic regression with the kernel K² between texts, K the cosine of their
    n-grams over all texts, which weights latent directions as latent semantic analysis does: Cristianini,
    Shawe-Taylor & Lodhi 2002, Latent Semantic Kernels; Kandola, Shawe-Taylor & Cristianini 2003, Learning
    Semantic Similarity.
    """
    present, *hashes = ngram_presence([*token_ids, *unlabelled], longest, slots, minimum_texts)
    rarity = np.log(present.shape[0] / present.sum(axis=0).A1) ** 2
    held = present @ scipy.sparse.diags(rarity.astype("float32"))  # x (N + M, G)
    square = held.power(2).sum(axis=1).A1
    scale = float(np.sqrt(square[: len(token_ids)].mean())) or 1.0
    texts = scipy.sparse.diags((1 / np.sqrt(np.maximum(square, 1e-12))).astype("float32")) @ held
    labelled = held[: len(token_ids)] / np.float32(scale)
    features = aslinearoperator(labelled) @ aslinearoperator(texts.T.tocsr())  # (N, N + M)
    columns = [1] if num_classes == 2 else range(num_classes)
    says, bias = zip(
        *(logistic_regression(features, labels == label, penalty) for label in columns), strict=True
    )
    weights = (texts.T @ np.stack(says, axis=1)) * rarity[:, None] / scale
    return NgramEvidenceTable(*hashes, weights.astype("float32"), np.array(bias, "float32"))
