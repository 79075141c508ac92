"""Tagged sentences while they are read."""

from collections.abc import Sequence

from keras_seq.data.collecting import Collector
from keras_seq.data.examples import Examples, Skipped
from keras_seq.errors import InputError

EMPTY_SENTENCE = "empty sentence"


class Sentences:
    """The tagged sentences found so far, and the tally of what was left out.

    Args:
        *columns: the columns that every sentence will be given: "tokens", "tags", "intent", "text".

    Example:
        >>> found = Sentences("tokens", "tags")
        >>> found.add(tokens=["a", "film"], tags=["DET", "NOUN"])
        >>> found.examples("mine", "train")["tags"]
        [['DET', 'NOUN']]
    """

    def __init__(self, *columns: str):
        self.found = {column: Collector() for column in columns}
        self.skipped = Skipped()

    def __len__(self) -> int:
        return len(next(iter(self.found.values())))

    def add(self, **sentence: Sequence[str] | str) -> None:
        """Take a sentence; one without tokens is left out and counted."""
        if not sentence["tokens"]:
            self.skipped.add(EMPTY_SENTENCE)
            return
        for column, values in self.found.items():
            values.append(sentence[column])

    @property
    def columns(self) -> dict[str, Sequence]:
        """What was found, column by column."""
        return {name: column.column() for name, column in self.found.items()}

    def examples(self, name: str, split: str, notes: tuple[str, ...] = ()) -> Examples:
        """Return what was found.

        Raises:
            InputError: nothing was.
        """
        if not len(self):
            reasons = ", ".join(f"{count} × {reason}" for reason, count in self.skipped.items())
            raise InputError(
                f"{name}: there are no sentences in it{f' (skipped: {reasons})' if reasons else ''}."
            )
        return Examples(self.columns, name, split, self.skipped, notes)
