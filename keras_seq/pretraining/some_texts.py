"""Some of the texts, where all of them would be more than counting has memory for."""

from collections.abc import Sequence

__all__ = ["MOST_TOKENS", "evenly_spread", "stride"]

MOST_TOKENS = 2**23  # what is counted in memory takes some 100 bytes for each


def stride(token_ids: Sequence[Sequence[int]], most: int = MOST_TOKENS) -> int:
    """Every how many-th text gives so many tokens at most; 1 takes them all.

    Args:
        token_ids: of each text.
        most: tokens.
    """
    total = getattr(token_ids, "total", None)
    total = sum(map(len, token_ids)) if total is None else total
    return max(1, -(-total // most))


def evenly_spread(token_ids: Sequence[Sequence[int]], most: int = MOST_TOKENS) -> Sequence[Sequence[int]]:
    """All texts while they have at most so many tokens together; else every second, every third and so on.

    Args:
        token_ids: of each text.
        most: tokens.

    Example:
        >>> evenly_spread([[1, 2], [3], [4, 5]], most=3)
        [[1, 2], [4, 5]]
    """
    return token_ids[:: stride(token_ids, most)]
