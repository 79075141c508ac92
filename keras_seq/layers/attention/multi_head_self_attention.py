import keras
from keras import ops

from keras_seq.layers.attention import scopes
from keras_seq.layers.attention.multi_head_attention import MultiHeadAttention
from keras_seq.layers.embedding.positions import RotaryPositions
from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking
from keras_seq.ops.exporting import is_for_export

_SEES_ITSELF = (
    scopes.GlobalScope,
    scopes.CausalScope,
    scopes.WindowedScope,
    scopes.LocalMonotonicScope,
)


@keras.saving.register_keras_serializable("keras_seq")
class MultiHeadSelfAttention(MultiHeadAttention):
    """A sequence that attends to itself, with several heads; whole, or step by step.

        head_h = attention(x W_h^Q, x W_h^K, x W_h^V)
        output = [head_1; …; head_H] W^O

    B batch, T length, D width, H heads, L longest length of a cache.

    Args:
        num_heads: H.
        scope: what a step sees: `"global"`, `"causal"` (itself and what came before), `"windowed"` or a
            `WindowedScope(before, after)`, any scope of `Attention`.
        rotary: whether queries and keys are turned by their positions, as in `RotaryPositions`; a head's
            width must then be even.
        kwargs: as in `MultiHeadAttention`.

    Call arguments:
        inputs: float `(B, T, D)`; one step `(B, 1, D)` with a cache.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        attention_mask: bool `(B, T, T)`, `(B, H, T, T)`, or what broadcasts to either.
        cache: keys and values of the steps before this one: what `initial_cache`, or the call for the step
            before, gave.
        step: with a cache, which step this is: an int or an int32 scalar tensor, 0 for the first.
        return_attention_scores: also return the weights.
        training: bool; dropout acts in training only.

    Returns:
        `(B, T, output_dim)`; then, with `return_attention_scores`, the weights `(B, H, T, T)`, or
        `(B, H, 1, L)`; then, with a `cache`, the cache for the next step.

    Masking: as in `Attention`: weights on padding are exactly 0, and padding gives zeros. With a cache no
    step sees a later one, whatever the scope.

    Cost: with a cache a step costs its own projections and H·L·(key_dim + value_dim) multiplications.

    Raises:
        ValueError: as `MultiHeadAttention`; a cache without a step or a step without a cache, several steps
            at once with a cache, a step that the cache has no room for (where it is known beforehand).

    Differs from `keras.layers.MultiHeadAttention(x, x)`: as `MultiHeadAttention`; and it has a cache.

    Example:

    >>> import keras, numpy as np
    >>> layer = MultiHeadSelfAttention(num_heads=2, scope="causal", rotary=True)
    >>> inputs = np.random.default_rng(0).normal(size=(1, 3, 8)).astype("float32")
    >>> whole, cache = layer(inputs), layer.initial_cache(batch_size=1, max_length=3)
    >>> for step in range(3):
    ...     output, cache = layer(inputs[:, step : step + 1], cache=cache, step=step)
    >>> np.allclose(output[:, 0], whole[:, 2], atol=1e-5)
    True

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 3.2.3.
    """

    def __init__(self, num_heads, scope="global", rotary=False, **kwargs):
        super().__init__(num_heads, scope=scope, **kwargs)
        self.rotary = rotary
        self.positions = RotaryPositions(dtype=self.dtype_policy, name="positions")

    def build(self, inputs_shape):
        require_rank(inputs=inputs_shape)
        super().build(inputs_shape, inputs_shape)
        if self.rotary:
            self.positions.build((None, self.num_heads, inputs_shape[1], self._head_width(self.query_dense)))

    def initial_cache(self, batch_size, max_length):
        """Keys and values before the first step: zeros `(B, H, L, key_dim)` and `(B, H, L, value_dim)`.

        For a layer that is built. Axis 0 is the batch: a beam search reorders its rows.
        """
        return tuple(
            ops.zeros(
                (batch_size, self.num_heads, max_length, self._head_width(dense)), dtype=self.compute_dtype
            )
            for dense in (self.key_dense, self.value_dense)
        )

    def call(
        self,
        inputs,
        mask=None,
        attention_mask=None,
        cache=None,
        step=None,
        return_attention_scores=False,
        training=None,
    ):
        self._check_step(inputs, cache, step)
        start = 0 if cache is None else ops.cast(step, "int32")
        inputs = masking.zero_masked(inputs, mask)
        queries, (keys, values) = self.project_query(inputs), self.project_memory(inputs)
        if self.rotary:
            queries, keys = self.positions(queries, start=start), self.positions(keys, start=start)
        options = {"return_attention_scores": return_attention_scores, "training": training}
        masks = {"query_mask": mask, "attention_mask": attention_mask}
        if cache is None:
            return self.attend(queries, (keys, values), **masks, value_mask=mask, **options)
        cache = tuple(_written(old, new, start) for old, new in zip(cache, (keys, values), strict=True))
        where = {"query_positions": ops.reshape(start, (1,)), "use_causal_mask": True}
        results = self.attend(queries, cache, **masks, **where, **options)
        return (*(results if return_attention_scores else (results,)), cache)

    def compute_output_shape(self, inputs_shape):
        return super().compute_output_shape(inputs_shape, inputs_shape)

    def get_config(self):
        return {**super().get_config(), "rotary": self.rotary}

    def _attended(self, queries, keys, masks, where):
        # A step that is kept sees itself at least: most scopes need no look.
        if masks["attention_mask"] is None and isinstance(self.attention.scope, _SEES_ITSELF):
            return None
        return super()._attended(queries, keys, masks, where)

    def _check_step(self, inputs, cache, step):
        if (cache is None) != (step is None):
            raise ValueError(
                "A cache and the step that it is for go together. "
                f"Received: {'cache=None' if cache is None else 'a cache'}, step={step}"
            )
        if cache is None:
            return
        if inputs.shape[1] not in (1, None):
            raise ValueError(
                "With a cache, steps come one by one: inputs must be of shape (batch, 1, width). "
                f"Received: inputs of shape {tuple(inputs.shape)}"
            )
        longest = cache[0].shape[2]
        if isinstance(step, int) and isinstance(longest, int) and not 0 <= step < longest:
            raise ValueError(
                f"The cache has room for {longest} steps, from 0 on. Received: step={step}. "
                "Make it by initial_cache with a larger max_length."
            )

    def _head_width(self, dense):
        return dense.units // self.num_heads


def _written(cache, new, step):
    """The cache `(B, H, L, d)` with the new `(B, H, 1, d)` at its place.

    Unlike a selection it touches the new alone. `slice_update` has no gradient in TensorFlow.
    """
    if is_for_export():
        return ops.slice_update(cache, (0, 0, step, 0), new)
    batch, heads, length, width = ops.shape(cache)
    places = ops.arange(batch * heads, dtype="int32") * length + step
    rows = ops.reshape(cache, (-1, width))  # (B·H·L, d)
    rows = ops.scatter_update(rows, ops.expand_dims(places, 1), ops.reshape(new, (-1, width)))
    return ops.reshape(rows, (batch, heads, length, width))
