"""Unknown words of a translation, out of its source. Imports neither TensorFlow nor Keras."""

from collections.abc import Sequence

import numpy as np

__all__ = ["copied_unknowns"]


def copied_unknowns(
    target_ids: Sequence[int], source_tokens: Sequence[str], weights: np.ndarray
) -> list[str]:
    """For each unknown id the source token that was looked at most: what `TextEncoder.decode` puts there.

    Args:
        target_ids: of a translation of n tokens.
        source_tokens: of its source, one or more, the end not among them.
        weights: `(n, S)`, a column for each of them and perhaps more.

    Example:
        >>> copied_unknowns([7, 1], ["▁Herr", "▁Zorro"], np.array([[0.9, 0.1, 0.0], [0.1, 0.3, 0.6]]))
        ['▁Zorro']
    """
    looked_at = weights[:, : len(source_tokens)].argmax(axis=1)
    return [source_tokens[looked_at[t]] for t in np.flatnonzero(np.array(target_ids) == 1)]
