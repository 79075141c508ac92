"""What a model looked at in one text: the text, where its tokens lie, and the weight of each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keras_seq.viz.view import View

__all__ = ["Piece", "TokenWeights", "percent"]


@dataclass(frozen=True)
class Piece:
    """A stretch of the text: a token with its weight, or what lies between tokens (weight None)."""

    text: str
    weight: float | None
    level: float  # colour intensity, 0 … 1
    chosen: bool = False  # by a hard attention


@dataclass(frozen=True)
class TokenWeights(View):
    """The weights of one text's tokens, and the ways to see them.

    The ORIGINAL text is coloured: case and spacing stay, what lies between tokens stays uncoloured.
    The intensity of a token grows in proportion to its weight:

        level = weight / full        full = min(1, max(greatest weight, 2 / T)),   T = number of tokens

    The greatest weight has the full colour, unless attention is so evenly spread that this would make
    much of nothing: even weights, 1 / T each, show at half intensity. Each picture says its `full`.

    Args:
        text: the text as it was given.
        spans: (start, end) of each token in `text`, in characters, in order, not overlapping. Tokens of
            one same span (byte pieces of a character) are seen as one, their weights summed.
        weights: one fraction per token, all together 1; None where a model has none.
        label: what the model answered.
        probabilities: fraction by label.
        caption: a line above the picture.
        true_label: what the answer should have been.
        chosen: whether the weights are the choice of a hard attention: then each token that has weight is
            marked as chosen, and the legend says so.

    Raises:
        ValueError: spans outside the text, out of order or overlapping; weights of another number than
            spans, negative or not finite.

    Example:
        >>> view = TokenWeights("Good film.", [(0, 4), (5, 9)], [0.75, 0.25], label="positive")
        >>> [(piece.text, piece.weight) for piece in view.pieces()]
        [('Good', 0.75), (' ', None), ('film', 0.25), ('.', None)]
        >>> view.top(1)
        [('Good', 0.75)]
    """

    text: str
    spans: Sequence[tuple[int, int]]
    weights: Sequence[float] | None = None
    label: str | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    caption: str | None = None
    true_label: str | None = None
    chosen: bool = False

    def __post_init__(self):
        # numpy arrays and scalars are welcome; plain numbers are kept
        spans = tuple((int(start), int(end)) for start, end in self.spans)
        object.__setattr__(self, "spans", spans)
        _check_spans(self.text, spans)
        if self.weights is not None:
            weights = tuple(float(weight) for weight in self.weights)
            object.__setattr__(self, "weights", weights)
            _check_weights(weights, len(spans))
        probabilities = {str(label): float(p) for label, p in dict(self.probabilities or {}).items()}
        object.__setattr__(self, "probabilities", probabilities)

    @classmethod
    def from_tokens(cls, tokens: Sequence[str], weights=None, separator: str = " ", **rest) -> "TokenWeights":
        """A view where only tokens are left of the text: they are joined by `separator`.

        Example:
            >>> TokenWeights.from_tokens(["good", "film"], [0.75, 0.25]).text
            'good film'
        """
        spans, end = [], -len(separator)
        for token in tokens:
            start = end + len(separator)
            end = start + len(token)
            spans.append((start, end))
        return cls(separator.join(tokens), spans, weights, **rest)

    @property
    def greatest(self) -> float:
        """The greatest weight that a stretch of the text has; 0 where there is none."""
        return max((weight for *_, weight in self._merged()), default=0.0)

    @property
    def even(self) -> float:
        """The weight that each would have, were attention spread evenly; 0 for an empty text."""
        count = len(self._merged())
        return 1 / count if count else 0.0

    @property
    def full(self) -> float:
        """The weight that has the full colour."""
        return min(1.0, max(self.greatest, 2 * self.even)) or 1.0

    def pieces(self) -> list[Piece]:
        """The text cut into tokens and what lies between; joined, they are the text again."""
        pieces, done, full = [], 0, self.full
        for start, end, weight in self._merged():
            if done < start:
                pieces.append(Piece(self.text[done:start], None, 0.0))
            if start < end:
                chosen = self.chosen and weight > 0
                pieces.append(Piece(self.text[start:end], weight, min(1.0, weight / full), chosen))
            done = end
        if done < len(self.text):
            pieces.append(Piece(self.text[done:], None, 0.0))
        return pieces

    def scale_note(self) -> str:
        """What the scale's end does not say: the even share, and the greatest weight where it is less."""
        greatest = "" if self.greatest == self.full else f"greatest {percent(self.greatest)}, "
        return f"{greatest}even spread: {percent(self.even)} each"

    def choice_note(self, mark: str) -> str:
        """What a mark means where the weights are a choice, and how much of the text has it.

        Example:
            >>> TokenWeights.from_tokens(["good", "film"], [1, 0], chosen=True).choice_note("framed")
            'framed: chosen by hard attention, 1 of 2 tokens'
        """
        weights = [weight for *_, weight in self._merged()]
        chosen = sum(weight > 0 for weight in weights)
        return f"{mark}: chosen by hard attention, {chosen} of {len(weights)} tokens"

    @property
    def is_plain_choice(self) -> bool:
        """Whether the weights say no more than what was chosen: all that are above 0 are alike."""
        return self.chosen and len({weight for *_, weight in self._merged() if weight}) < 2

    def top(self, count: int = 10) -> list[tuple[str, float]]:
        """The tokens of most weight with their weights, the greatest first; equal ones in reading order."""
        seen = [(self.text[start:end], weight) for start, end, weight in self._merged() if start < end]
        return sorted((token for token in seen if token[1]), key=lambda token: -token[1])[:count]

    def _merged(self) -> list[tuple[int, int, float]]:
        """(start, end, weight) with the tokens of one same span put together; [] without weights."""
        if self.weights is None:
            return []
        merged: dict[tuple[int, int], float] = {}
        for span, weight in zip(self.spans, self.weights, strict=True):
            merged[span] = merged.get(span, 0.0) + weight
        return [(start, end, weight) for (start, end), weight in merged.items()]


def percent(fraction: float) -> str:
    """A fraction as a person reads it: one decimal, two below 1 %; never rounded to none or to all.

    Example:
        >>> [percent(fraction) for fraction in (1, 0.9999, 0.5, 0.0312, 0.004, 0.00001, 0)]
        ['100 %', '>99.9 %', '50.0 %', '3.1 %', '0.40 %', '<0.01 %', '0 %']
    """
    number = 100 * fraction
    if number in (0, 100):
        return f"{number:.0f} %"
    if number < 0.005:
        return "<0.01 %"
    if number < 0.995:
        return f"{number:.2f} %"
    return ">99.9 %" if 99.95 <= number < 100 else f"{number:.1f} %"


def _check_spans(text: str, spans: Sequence[tuple[int, int]]) -> None:
    last = (0, 0)
    for index, (start, end) in enumerate(spans):
        if not 0 <= start <= end <= len(text):
            raise ValueError(
                f"A token's span must lie in the text: 0 <= start <= end <= {len(text)}.\n"
                f"Received: spans[{index}]=({start}, {end})."
            )
        if start < last[1] and (start, end) != last:
            raise ValueError(
                "Tokens must stand in reading order and not overlap (or share the very same span).\n"
                f"Received: spans[{index - 1}]={last}, spans[{index}]=({start}, {end})."
            )
        last = (start, end)


def _check_weights(weights: Sequence[float], count: int) -> None:
    if len(weights) != count:
        raise ValueError(
            "Every token needs one weight; cut the padding off first.\n"
            f"Received: {count} spans and {len(weights)} weights."
        )
    for index, weight in enumerate(weights):
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"Weights must be fractions, 0 or more.\nReceived: weights[{index}]={weight}.")
