import keras
from keras import ops

from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops.picking import copied, taken


class Decoder(TracedLayer):
    """A layer that reads a target knowing what a source says: whole for training, word by word to translate.

        states = decoder(inputs, memory)                                        all steps, in training

        prepared = decoder.prepare(memory, memory_mask=mask)                    once a source
        cache = decoder.initial_cache(prepared, max_length)
        state_t, weights_t, cache = decoder.step(input_t, prepared, cache, t)   t = 0, 1, …

    Both ways give the same numbers: states_t of the call are state_t of the steps. What steps share is in
    `prepared` and never changed by them; what they hand on is in the cache, which keeps its dtypes and, where
    max_length is known, its shapes, so that it can travel through a loop. In both, axis 0 of every tensor is
    the batch. A beam search, which comes to have K rows for each source, side by side, begins with
    `initial_cache(prepared, max_length, K)` and one hypothesis a source. Once it has K, it steps with
    `repeated(prepared, K)` and `branched(cache, K)`, and says by `reordered(cache, rows)` which go on.

    B batch, T target length, S source length, D width of the inputs, W width of the states.
    """

    attends = True
    """Whether there are weights over the source: `call` then takes `return_attention_scores`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def prepare(self, memory, memory_mask=None):
        """What all steps share, made once a source; nested tensors `(B, …)`. For a layer that is built.

        Args: as those of the call.
        """
        raise NotImplementedError(f"{type(self).__name__} must define prepare(memory, memory_mask)")

    def repeated(self, prepared, copies):
        """What the steps read where each source has several rows, side by side.

        Args:
            prepared: what `prepare` gave for B sources.
            copies: K; inputs and cache of the steps have B·K rows.
        """
        return copied(prepared, copies)

    def initial_cache(self, prepared, max_length, copies=1):
        """What the first step reads of those before it; nested tensors.

        Args:
            prepared: what `prepare` gave.
            max_length: steps that there will be at most, an int or an int32 scalar tensor.
            copies: K, rows that each source will have at most; now it has one.
        """
        raise NotImplementedError(f"{type(self).__name__} must define initial_cache(prepared, max_length)")

    def branched(self, cache, copies):
        """The cache where each source has K rows that begin alike, side by side, and not one.

        Args:
            cache: what `initial_cache` for K, or the first step, gave.
            copies: K.
        """
        return copied(cache, copies)

    def reordered(self, cache, rows):
        """The cache where row n goes on from what was row `rows[n]`; of the same source.

        Args:
            cache: what `branched`, or the last step, gave.
            rows: int32 `(B·K,)`.
        """
        return taken(cache, rows)

    def step(self, inputs, prepared, cache, t):
        """One step, at inference.

        Args:
            inputs: `(B, D)`, or `(B·K, D)`.
            prepared: what `prepare` gave, or `repeated`.
            cache: what `initial_cache`, or the step before, gave.
            t: which step this is: an int or an int32 scalar tensor, 0 for the first.

        Returns:
            state `(B, W)`, weights `(B, S)` or None, and the cache for the next step.
        """
        raise NotImplementedError(f"{type(self).__name__} must define step(inputs, prepared, cache, t)")


def batch_size(prepared):
    """B of what `prepare` gave."""
    return ops.shape(keras.tree.flatten(prepared)[0])[0]


def carried(cache, new):
    """The new cache in the dtypes of the old one: a loop hands on what it was given."""
    return keras.tree.map_structure(lambda old, one: ops.cast(one, old.dtype), cache, new)
