"""The settings of the search for a translation."""

from dataclasses import dataclass
from typing import Any

from keras_seq.errors import InputError
from keras_seq.settings import setting

__all__ = ["DecodingSettings"]


@dataclass(frozen=True)
class DecodingSettings:
    """How a translation is searched for, and how long it may become."""

    method: str = setting("beam", "how words are chosen", choices=("beam", "greedy", "sample"))
    beam_width: int = setting(5, "hypotheses that are followed side by side (beam)", minimum=1, below=1001)
    n_best: int = setting(1, "translations of each text (beam, sample)", minimum=1, below=1001)
    length_penalty: float = setting(
        1.0, "0 favours short translations, 1 about the mean score of a word (beam)"
    )
    coverage_penalty: float = setting(0.0, "what it costs to leave source words out (beam)", minimum=0.0)
    patience: float | None = setting(
        2.0,
        "a search ends with so many times beam_width translations; null: when no other can be better (beam)",
        minimum=0.0,
    )
    temperature: float = setting(1.0, "below 1 safer, above bolder (sample)", minimum=0.0)
    top_k: int | None = setting(None, "draw from so many likeliest words (sample); null: from all", minimum=1)
    top_p: float = setting(1.0, "draw from the likeliest that have so much probability (sample)", minimum=0.0)
    words_per_word: float = setting(
        2.0, "length of a translation, at most: so many tokens for each of the source", minimum=0.0, below=101
    )
    words_besides: int = setting(10, "and so many besides", minimum=1, below=10_001)

    def check(self) -> None:
        """Refuse settings that are each allowed, but do not go together.

        Raises:
            InputError: saying which, and what to do.
        """
        if self.method == "beam" and self.n_best > self.beam_width:
            raise InputError(
                f"A beam of {self.beam_width} finds at most {self.beam_width} translations. Received: "
                f"decoding.n_best={self.n_best}.\nAsk for fewer, or set decoding.beam_width={self.n_best}."
            )

    def options(self) -> dict[str, Any]:
        """What the method's function in `keras_seq.decoding` is told."""
        if self.method == "beam":
            names = ("beam_width", "n_best", "length_penalty", "coverage_penalty", "patience")
            return {name: getattr(self, name) for name in names}
        if self.method == "sample":
            drawn = {"temperature": self.temperature, "top_k": self.top_k, "top_p": self.top_p}
            return {**drawn, "num_samples": self.n_best}
        return {}
