import itertools

import keras

from keras_seq.errors import nearest
from keras_seq.ops import masking

__all__ = ["SUMMARIES", "FirstState"]

SUMMARIES = {
    "last": masking.last_step,
    "ends": masking.end_steps,
    "backward": lambda memory, mask: masking.first_step(memory, mask)[:, memory.shape[-1] // 2 :],
    "mean": masking.masked_mean,
}
"""What stands for a whole memory: `(B, S, Dv)`, bool `(B, S)` or None -> `(B, Dv)`, of "backward" half of it.

"last": the last kept step; "ends": of two directions, each where it ends; "backward": the second of these.
"""


class FirstState(keras.layers.Layer):
    """The states that a recurrent decoder begins with, out of a memory.

        [state_1 ; state_2 ; …] = tanh(W summary(memory) + b)

    Memory `(B, S, Dv)`, mask bool `(B, S)` -> summary, and a list of states `(B, widths_i)`.

    Args:
        summary: one of `SUMMARIES`.
        widths: of the states.
    """

    def __init__(self, summary, widths, **kwargs):
        super().__init__(**kwargs)
        if summary not in SUMMARIES:
            raise ValueError(
                f"Unknown summary. Expected {nearest(summary, SUMMARIES)}. Received: summary={summary!r}"
            )
        self.supports_masking = True
        self.summary = summary
        self.widths = list(widths)

    def build(self, memory_shape):
        self.dense = keras.layers.Dense(sum(self.widths), "tanh", dtype=self.dtype_policy, name="dense")
        self.dense.build((None, self.summary_width(memory_shape[-1])))
        self.built = True

    def summary_width(self, width):
        """Width of the summary of a memory of this width."""
        return width - width // 2 if self.summary == "backward" else width

    def call(self, memory, mask=None):
        summary = SUMMARIES[self.summary](memory, mask)
        states, ends = self.dense(summary), itertools.accumulate(self.widths)
        return summary, [states[:, end - width : end] for width, end in zip(self.widths, ends, strict=True)]
