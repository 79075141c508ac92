import keras
from keras import ops

from keras_seq.layers.attention import scopes, step_cache
from keras_seq.layers.attention.multi_head_attention import MultiHeadAttention
from keras_seq.layers.embedding.positions import RotaryPositions
from keras_seq.layers.shapes import require_rank
from keras_seq.ops import masking

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
        inputs: float `(B, T, D)`; with a cache one step `(B, 1, D)`, or K hypotheses of it `(B, K, D)`.
        mask: bool `(B, T)`, True = keep; Keras fills it.
        attention_mask: bool `(B, T, T)`, `(B, H, T, T)`, or what broadcasts to either; for K hypotheses
            `(B, K, L·K)`: what each sees of those of all steps, hypothesis k of step t at t·K + k.
        cache: keys and values of the steps before this one: what `initial_cache`, or the call for the step
            before, gave.
        step: with a cache, which step this is: an int or an int32 scalar tensor, 0 for the first.
        return_attention_scores: also return the weights.
        training: bool; dropout acts in training only.

    Returns:
        `(B, T, output_dim)`; then, with `return_attention_scores`, the weights `(B, H, T, T)`, or
        `(B, H, 1, L)`, or `(B, H, K, L·K)`; then, with a `cache`, the cache for the next step.

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

    def initial_cache(self, batch_size, max_length, copies=1):
        """Keys and values before the first step: zeros `(B, H, L·K, key_dim)` and `(B, H, L·K, value_dim)`.

        For a layer that is built. Axis 0 is the batch: its rows can be reordered.

        Args:
            batch_size: B.
            max_length: L, an int; a tensor that a graph knows only as it runs: the cache begins with nothing
                and grows, a step at a time, to L at most.
            copies: K, hypotheses of each step that share the cache.
        """
        widths = [self._head_width(dense) for dense in (self.key_dense, self.value_dense)]
        return step_cache.empty((batch_size, self.num_heads), max_length, copies, widths, self.compute_dtype)

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
        self._check_step(inputs, attention_mask, cache, step)
        start = 0 if cache is None else ops.cast(step, "int32")
        inputs = masking.zero_masked(inputs, mask)
        queries, (keys, values) = self.project_query(inputs), self.project_memory(inputs)
        if self.rotary:
            if cache is not None:  # hypotheses of one step stand in one place
                queries, keys = (ops.expand_dims(each, 3) for each in (queries, keys))
            queries, keys = self.positions(queries, start=start), self.positions(keys, start=start)
            if cache is not None:
                queries, keys = (ops.squeeze(each, 3) for each in (queries, keys))
        options = {"return_attention_scores": return_attention_scores, "training": training}
        masks = {"query_mask": mask, "attention_mask": attention_mask}
        if cache is None:
            return self.attend(queries, (keys, values), **masks, value_mask=mask, **options)
        cache, copies = step_cache.with_step(cache, (keys, values), start), inputs.shape[1]
        where = {"query_positions": ops.reshape(start, (1,)), "use_causal_mask": True}
        if copies not in (1, None):  # the mask says all; the scope is not to count hypotheses as steps
            where = {"query_positions": ops.zeros((copies,), "int32") + copies * (start + 1) - 1}
        results = self.attend(queries, cache, **masks, **where, **options)
        return (*(results if return_attention_scores else (results,)), cache)

    def compute_output_shape(self, inputs_shape):
        return super().compute_output_shape(inputs_shape, inputs_shape)

    def get_config(self):
        return {**super().get_config(), "rotary": self.rotary}

    def _attended(self, queries, keys, masks, where):
        # A step that is kept sees itself at least: most scopes need no look.
        is_of_hypotheses = where["query_positions"] is not None and not where["use_causal_mask"]
        sees_itself = masks["attention_mask"] is None or is_of_hypotheses
        if sees_itself and isinstance(self.attention.scope, _SEES_ITSELF):
            return None
        return super()._attended(queries, keys, masks, where)

    def _check_step(self, inputs, attention_mask, cache, step):
        if (cache is None) != (step is None):
            raise ValueError(
                "A cache and the step that it is for go together. "
                f"Received: {'cache=None' if cache is None else 'a cache'}, step={step}"
            )
        if cache is None:
            return
        if inputs.shape[1] not in (1, None):
            if attention_mask is None:
                raise ValueError(
                    "With a cache, steps come one by one: inputs must be of shape (batch, 1, width). "
                    f"Received: inputs of shape {tuple(inputs.shape)}"
                )
            if not isinstance(self.attention.scope, (scopes.GlobalScope, scopes.CausalScope)):
                raise ValueError(
                    "Several hypotheses of a step share a cache where the scope is global or causal. "
                    f"Received: inputs of shape {tuple(inputs.shape)}, scope={self.attention.scope!r}"
                )
            return
        longest = cache[0].shape[2]
        if isinstance(step, int) and isinstance(longest, int) and not 0 <= step < longest:
            raise ValueError(
                f"The cache has room for {longest} steps, from 0 on. Received: step={step}. "
                "Make it by initial_cache with a larger max_length."
            )

    def _head_width(self, dense):
        return dense.units // self.num_heads
