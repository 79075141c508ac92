"""Pairs of sentences while they are read."""

from keras_seq.data.reading import EMPTY_LINE
from keras_seq.data.sentences import Sentences


class Pairs(Sentences):
    """The pairs of sentences found so far, and the tally of what was left out.

    Args:
        *columns: the columns of the examples: "source" and "target", or "source" alone.

    Example:
        >>> found = Pairs("source", "target")
        >>> found.add(source="Hi.", target="嗨。")
        >>> found.add(source="Run!", target=" ")
        >>> found.examples("mine", "train")["target"], found.skipped
        (['嗨。'], {'empty target': 1})
    """

    def add(self, **pair: str) -> None:
        """Take a pair; one with an empty side is left out and counted."""
        empty = [column for column in self.found if not pair[column].strip()]
        if empty:
            self.skipped.add(EMPTY_LINE if len(empty) == len(self.found) else f"empty {empty[0]}")
            return
        for column, values in self.found.items():
            values.append(pair[column])
