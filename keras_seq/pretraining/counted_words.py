"""Word vectors from the texts at hand: which words stand near which, in few dimensions."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

__all__ = ["learn_word_vectors"]


def learn_word_vectors(
    token_ids: Sequence[Sequence[int]],
    vocabulary_size: int,
    width: int,
    *,
    window: int = 5,
    smoothing: float = 0.75,
    seed: int = 0,
) -> np.ndarray:
    """Vectors whose products approach how much more often than by chance two words stand together.

        n_uv   = Σ over all pairs at a distance d ≤ window of 1 / d
        PPMI_uv = max(0, ln (n_uv · Σ_w n_w^a) / (n_u · n_v^a))        a = smoothing
        PPMI ≈ U S Vᵀ,   vector_u = U_u √S                             scaled to standard deviation 1/2

    Args:
        token_ids: ids of each text; 0 (padding) and 1 (unknown) get zeros.
        vocabulary_size: number of ids.
        width: of a vector.
        window: largest distance.
        smoothing: flattens the counts of the context words, so that rare ones do not win.
        seed: of the decomposition's starting vector.

    Returns:
        float32 `(vocabulary_size, width)`.

    Reference: Levy, Goldberg & Dagan 2015, Improving Distributional Similarity with Lessons Learned from Word
    Embeddings, sections 2 and 3.
    """
    gap = np.zeros(window, "int32")  # between texts, so that no pair reaches across
    stream = np.concatenate([np.concatenate([ids, gap]) for ids in token_ids]).astype("int32")
    counts = scipy.sparse.csr_matrix((vocabulary_size, vocabulary_size), dtype="float32")
    for distance in range(1, window + 1):
        left, right = stream[:-distance], stream[distance:]
        words = (left > 1) & (right > 1)
        near = np.full(int(words.sum()), 1 / distance, "float32")
        counts = counts + scipy.sparse.coo_matrix((near, (left[words], right[words])), counts.shape).tocsr()
    counts = (counts + counts.T).tocoo()

    total = np.asarray(counts.sum(axis=1)).ravel()
    context = np.maximum(total, 1e-9) ** smoothing
    information = np.log(counts.data * context.sum() / (total[counts.row] * context[counts.col]))
    positive = information > 0
    ppmi = scipy.sparse.csr_matrix(
        (information[positive], (counts.row[positive], counts.col[positive])), counts.shape, dtype="float32"
    )
    random = np.random.default_rng(seed)
    vectors = np.zeros((vocabulary_size, width))
    dimensions = min(width, vocabulary_size - 1)  # no more than the decomposition has
    if ppmi.nnz:
        u, s, _ = scipy.sparse.linalg.svds(ppmi, k=dimensions, v0=random.standard_normal(vocabulary_size))
        vectors[:, :dimensions] = u * np.sqrt(s)
    else:  # no two words ever stand together: nothing is known of any
        vectors = random.standard_normal((vocabulary_size, width))
    vectors[:2] = 0
    return (0.5 * vectors / (vectors[2:].std() or 1.0)).astype("float32")
