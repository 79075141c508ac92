"""How often each token occurs, in memory that does not grow with the texts."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice

__all__ = ["MOST_COUNTED", "count_tokens"]

MOST_COUNTED = 1_000_000  # different tokens at once, some 150 MB
_TEXTS_AT_ONCE = 1024


def count_tokens(token_lists: Iterable[Iterable[str]], most: int = MOST_COUNTED) -> Counter[str]:
    """Count tokens in one pass; exactly, as long as there are no more than so many different ones.

    When there are more, the rarer half is forgotten, and counted from nothing should it come again. So what
    is frequent keeps its count; what is left out, or counted too low, a vocabulary would have no room for.

    Args:
        token_lists: the tokens of each text; read once.
        most: different tokens that are held at once, beside those of some texts.

    Example:
        >>> count_tokens([["a", "film"], ["a"]])
        Counter({'a': 2, 'film': 1})
    """
    counts: Counter[str] = Counter()
    texts = iter(token_lists)
    while some := list(islice(texts, _TEXTS_AT_ONCE)):
        counts.update(chain.from_iterable(some))
        if len(counts) > most:
            rare = sorted(counts.values())[len(counts) // 2]
            counts = Counter({token: count for token, count in counts.items() if count > rare})
    return counts
