"""Which words of a sentence a translator looked at for each word that it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from keras_seq.text.tokenizers import WORD_START
from keras_seq.viz.view import View
from keras_seq.viz.weight_map import WeightMap

__all__ = ["Alignment", "Link"]


class Link(NamedTuple):
    """A target token, the source token that it looked at most, and the weight of that look."""

    target: str
    source: str | None  # None where it looked at nothing
    weight: float


@dataclass(frozen=True)
class Alignment(View):
    """A sentence, its translation, and the weights between their tokens.

    The picture is a heat map: a column for each source token, a row for each target token, the full colour
    for the greatest weight. In a terminal too narrow for it, each target token is shown with the source token
    that it looked at most.

    Args:
        source: the S source tokens; the "▁" before a word is not shown.
        target: the T target tokens.
        weights: T rows of S fractions; None where a model has none.
        text: the sentence as it was given.
        translation: the translation as it is read.
        caption: a line above the picture.
        reference: what the translation should have been.
        chosen: whether the weights are the choices of a hard attention, and marked as such.

    Raises:
        ValueError: weights of another shape than (T, S), negative or not finite.

    Example:
        >>> weights = [[0.9, 0.1], [0.2, 0.8]]
        >>> view = Alignment(["▁the", "▁cat"], ["▁die", "▁Katze"], weights, "The cat", "die Katze")
        >>> [(link.target, link.source) for link in view.links()]
        [('die', 'the'), ('Katze', 'cat')]
    """

    source: Sequence[str]
    target: Sequence[str]
    weights: Sequence[Sequence[float]] | None
    text: str
    translation: str
    caption: str | None = None
    reference: str | None = None
    chosen: bool = False

    def __post_init__(self):
        source, target = ([_shown(token) for token in tokens] for tokens in (self.source, self.target))
        weight_map = None
        if self.weights is not None:
            weight_map = WeightMap(self.weights, target, source, chosen=self.chosen)
        object.__setattr__(self, "map", weight_map)

    def links(self) -> list[Link]:
        """Each target token with the source token of most weight, the first of equal ones; or []."""
        links = []
        for target, row in zip(self.map.queries, self.map.weights, strict=True) if self.map else ():
            weight = max(row, default=0.0)
            links.append(Link(target, self.map.keys[row.index(weight)] if weight else None, weight))
        return links

    def lines(self) -> list[tuple[str, str]]:
        """(name, text) of the sentence, its translation, and what that should have been."""
        said = [("Source", self.text), ("Translation", self.translation)]
        said += [] if self.reference is None else [("Reference", self.reference)]
        return [(name, text or "(empty)") for name, text in said]

    def note(self) -> str | None:
        """Why there is no picture of weights; None where there is one."""
        if self.map is None:
            return "This model gives no attention weights."
        return None if self.map.queries and self.map.keys else "There is nothing to align."


def _shown(token: str) -> str:
    """A token without the sign that a space stood before it; the sign alone stays."""
    return token.removeprefix(WORD_START) or token
