import keras
from keras import ops

from keras_seq.layers.attention import MultiHeadAttention
from keras_seq.layers.transformer.transformer_block import TransformerBlock
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class TransformerDecoderBlock(TransformerBlock):
    """Causal self-attention, attention to a source, a feed-forward network: each with residual and norm.

        attended_t = norm(input_t + self_attention(input)_t)             over the steps up to t
        informed_t = norm(attended_t + attention(attended, value)_t)
        output_t   = norm(informed_t + W_2 activation(W_1 informed_t))

    or, with `norm_first`, the norm before each sublayer, as in `TransformerEncoderBlock`.

    B batch, T target length, S source length, D width, E width of the source, H heads.

    Args:
        num_heads, feed_forward_dim, key_dim, activation, dropout, norm_first, rotary, epsilon, seed,
            kernel_initializer: as in `TransformerEncoderBlock`.
        scope: of the self-attention: `"causal"`, or another that sees nothing behind a step.

    Call arguments:
        inputs: float `(B, T, D)`; with a cache one step, `(B, 1, D)`, or `(B·K, 1, D)` where each source has
            K rows, side by side, or `(B, K, D)` with the attention_mask for a cache that they share.
        value: float `(B, S, E)`, the encoder's outputs; None with a cache, which holds what it needs of them.
        inputs_mask: bool `(B, T)`; Keras fills it and the next from the tensors' own masks.
        value_mask: bool `(B, S)`.
        attention_mask: bool, of the self-attention; with a cache as `MultiHeadSelfAttention` has it.
        cache: what `initial_cache`, or the call for the step before, gave.
        step: with a cache, which step this is: an int or an int32 scalar tensor, 0 for the first.
        return_attention_scores: also return the weights.
        training: bool.

    Returns:
        `(B, T, D)`; then, with `return_attention_scores`, the weights of the self-attention `(B, H, T, T)`
        and those over the source `(B, H, T, S)`; then, with a `cache`, the cache for the next step.

    Masking: True = keep. Padding gets no weight and gives zeros; the inputs' mask is handed on.

    Numerics: softmax and normalizations in float32 or wider; equal to `torch.nn.TransformerDecoderLayer`.

    Cost: as a `TransformerEncoderBlock`, and 2·D²·(T + S) + 2·T·S·D multiplications a row. With a cache a
    step costs its own projections and the attention to what came before: nothing of the source or of
    earlier steps is projected again.

    Raises:
        ValueError: neither value nor cache; num_heads that does not divide D where no key_dim is given.

    Example:

    >>> import keras
    >>> target, source = keras.Input((None, 8)), keras.Input((None, 6))
    >>> block = TransformerDecoderBlock(num_heads=2, feed_forward_dim=32)
    >>> outputs, _, weights = block(target, source, return_attention_scores=True)
    >>> outputs.shape, weights.shape
    ((None, None, 8), (None, 2, None, None))

    Reference: Vaswani et al. 2017, Attention Is All You Need, sections 3.1 to 3.3.
    """

    def __init__(self, num_heads, feed_forward_dim, scope="causal", **kwargs):
        super().__init__(num_heads, feed_forward_dim, scope=scope, **kwargs)
        self.attention = MultiHeadAttention(**self._attention_arguments("attention", 5))

    def sublayers(self):
        return ("self_attention", "attention", "feed_forward")

    def build(self, inputs_shape, value_shape=None):
        if value_shape is None:
            raise ValueError(
                "A decoder block is made for its source: the first call needs value, the encoder's outputs. "
                "Received: value=None"
            )
        self.attention.build(inputs_shape, value_shape)
        super().build(inputs_shape)

    def initial_cache(self, value, max_length):
        """The cache before the first step: the source `(B, S, E)` projected, and room for `max_length` steps.

        For a block that is built. Axis 0 of every tensor in it is the batch: a beam search reorders its rows.
        """
        memory = self.attention.project_memory(value)
        return self.self_attention.initial_cache(ops.shape(value)[0], max_length), memory

    def call(
        self,
        inputs,
        value=None,
        inputs_mask=None,
        value_mask=None,
        attention_mask=None,
        cache=None,
        step=None,
        return_attention_scores=False,
        training=None,
    ):
        if value is None and cache is None:
            raise ValueError(
                "A decoder block attends to a source. Received: value=None, cache=None. "
                "Give value, the encoder's outputs, or a cache made of them by initial_cache."
            )
        inputs = masking.zero_masked(inputs, inputs_mask, "inputs_mask")
        if cache is None:
            value = masking.zero_masked(value, value_mask, "value_mask")
        wanted = {"return_attention_scores": return_attention_scores, "training": training}
        past, memory = (None, self.attention.project_memory(value)) if cache is None else cache
        attended = self.self_attention(
            self._before(0, inputs),
            mask=inputs_mask,
            attention_mask=attention_mask,
            cache=past,
            step=step,
            **wanted,
        )
        attended, *more = attended if isinstance(attended, tuple) else (attended,)
        states = self._after(0, inputs, attended, training)
        queries, queries_mask = self._before(1, states), inputs_mask
        if cache is not None:  # the K steps of a source ask it together
            sources = ops.shape(memory[0])[0]
            queries = ops.reshape(queries, (sources, -1, queries.shape[-1]))  # (B, K, D)
            queries_mask = None if inputs_mask is None else ops.reshape(inputs_mask, (sources, -1))
        informed = self.attention.attend(
            self.attention.project_query(queries),
            memory,
            query_mask=queries_mask,
            value_mask=value_mask,
            **wanted,
        )
        informed, *weights = informed if return_attention_scores else (informed,)
        if cache is not None:
            informed = ops.reshape(informed, ops.shape(states))
            weights = [ops.expand_dims(_rows_of_steps(each), 2) for each in weights]
        states = self._after(1, states, informed, training)
        states = self._after(2, states, self._feed_forward(self._before(2, states), training), training)
        states = masking.zero_masked(states, inputs_mask)
        new_cache = [] if cache is None else [(more.pop(), memory)]
        results = (states, *more, *weights, *new_cache)
        return results if len(results) > 1 else states

    def compute_output_shape(self, inputs_shape, value_shape=None):
        return inputs_shape


def _rows_of_steps(weights):
    """`(B, H, K, S)` -> `(B·K, H, S)`."""
    return ops.reshape(ops.swapaxes(weights, 1, 2), (-1, weights.shape[1], ops.shape(weights)[3]))
