"""Numbers of tags that a person gave: looked at where they can be, never trusted."""

from keras import ops

__all__ = ["checked_tags"]


def checked_tags(tag_ids, scores, mask):
    """The tags of the words that a mask keeps, safe to look up.

    Args:
        tag_ids: int `(B, T)`.
        scores: `(B, T, N)`, which the tags belong to.
        mask: bool `(B, T)`.

    Returns:
        int32 `(B, T)`, 0 on padding and for what is no tag; and the cost of each word's tag being no tag:
        `(B, T)` in the dtype of scores, 0 or nan. So a wrong number that comes through a graph, where it
        cannot be looked at, shows in the loss and moves no weight.

    Raises:
        ValueError: shapes that do not fit; outside of a graph, a tag outside 0 … N-1.
    """
    tag_ids = ops.cast(ops.convert_to_tensor(tag_ids), "int32")
    shape, (*words, num_tags) = tuple(tag_ids.shape), scores.shape
    fits = len(shape) == 2 and all(
        None in sizes or sizes[0] == sizes[1] for sizes in zip(shape, words, strict=True)
    )
    if not fits:
        raise ValueError(
            f"Tags are one number a word: (batch, length) = {tuple(words)}. Received: tags of shape {shape}"
        )
    is_tag = ops.logical_and(tag_ids >= 0, tag_ids < num_tags)
    wrong = ops.logical_and(mask, ops.logical_not(is_tag))
    seen = _known(wrong)
    if seen is not None and seen.any():
        raise ValueError(
            f"The tags of words are numbers 0 … {num_tags - 1}, padding is -1. "
            f"Received: {sorted(set(_known(tag_ids)[seen].tolist()))}"
        )
    tags = ops.where(ops.logical_and(mask, is_tag), tag_ids, 0)
    return tags, ops.where(wrong, ops.cast(float("nan"), scores.dtype), ops.cast(0.0, scores.dtype))


def _known(tensor):
    """The numbers of a tensor; None while a graph is traced."""
    try:
        return ops.convert_to_numpy(tensor)
    except Exception:  # each backend has its own
        return None
