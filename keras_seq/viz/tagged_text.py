"""What a tagger found in one text: the text with its spans, and where it looked."""

from collections.abc import Sequence
from dataclasses import dataclass

from keras_seq.viz.token_weights import TokenWeights
from keras_seq.viz.view import View

__all__ = ["TaggedText"]


@dataclass(frozen=True)
class TaggedText(View):
    """A text with labelled spans, and the ways to see it.

    Every label has a colour of its own in the view, in the order in which the labels first come.

    Args:
        text: the text as it was given.
        spans: (start, end, label), in characters of the text, in order, not overlapping.
        answer: the text's intent; None where a model has none.
        offsets: (start, end) of each token.
        weights: what `looked_from` looked at: a fraction for each token; None where a model has none.
        looked_from: whose look the weights are, in words.
        chosen: as in `TokenWeights`.

    Raises:
        ValueError: spans outside the text, out of order or overlapping; weights as in `TokenWeights`.

    Example:
        >>> view = TaggedText("fly to Rome", [(7, 11, "to_place")], answer="book")
        >>> view.pieces()
        [('fly to ', None), ('Rome', 'to_place')]
    """

    text: str
    spans: Sequence[tuple[int, int, str]]
    answer: str | None = None
    offsets: Sequence[tuple[int, int]] = ()
    weights: Sequence[float] | None = None
    looked_from: str = "the intent"
    chosen: bool = False

    def __post_init__(self):
        behind = 0
        for start, end, label in self.spans:
            if not behind <= start <= end <= len(self.text):
                raise ValueError(
                    "Spans lie in the text, in order and not overlapping. "
                    f"Received: {label!r} from {start} to {end}, after {behind}, of {len(self.text)} in all"
                )
            behind = end
        labels = dict.fromkeys(label for *_, label in self.spans)
        object.__setattr__(self, "_numbers", {label: number for number, label in enumerate(labels)})
        attention = None
        if self.weights is not None:
            attention = TokenWeights(self.text, self.offsets, self.weights, chosen=self.chosen)
        object.__setattr__(self, "attention", attention)

    @property
    def question(self) -> str:
        """What the weights answer, as a heading."""
        return f"What {self.looked_from} chose" if self.chosen else f"Where {self.looked_from} looked"

    def number(self, label: str) -> int:
        """Which of the view's labels this is, from 0."""
        return self._numbers[label]

    def pieces(self) -> list[tuple[str, str | None]]:
        """The text cut into spans with their labels and what lies between; joined, it is the text again."""
        pieces, done = [], 0
        for start, end, label in self.spans:
            pieces += [(self.text[done:start], None), (self.text[start:end], label)]
            done = end
        return [(text, label) for text, label in [*pieces, (self.text[done:], None)] if text]
