import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.attention.step_cache import lineage, reordered_lineage, with_own_step
from keras_seq.layers.decoders.decoder import Decoder, batch_size
from keras_seq.layers.transformer import TransformerDecoderBlock
from keras_seq.layers.transformer.transformer_stack import TransformerStack
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class TransformerDecoder(TransformerStack, Decoder):
    """The Transformer's decoder: the target with its positions, and blocks that attend to it and the source.

        state^0_t = dropout(√D · input_t + position_t)
        state^l   = block^l(state^{l-1}, memory)                l = 1 … L
        output    = state^L, or norm(state^L) with `norm_first`

    B batch, T target length, S source length, D width, E width of the source, H heads.

    Args:
        num_layers: L.
        num_heads, feed_forward_dim, key_dim, activation, dropout, norm_first, epsilon, seed: as in
            `TransformerEncoderBlock`.
        positions, max_length, scale: as in `TransformerEncoder`.

    Call arguments:
        inputs: float `(B, T, D)`, the embedded target.
        memory: float `(B, S, E)`, the encoder's states.
        inputs_mask: bool `(B, T)`; Keras fills it and the next from the tensors' own masks.
        memory_mask: bool `(B, S)`.
        return_attention_scores: also return the weights.
        training: bool.

    Returns:
        `(B, T, D)`; with `return_attention_scores` the pair (states, weights `(B, T, S)`): the mean over the
        heads of the last block but one (of the only one), where translations are aligned best.

    Masking: True = keep. No step sees a later one. Padding gets no weight and gives zeros.

    Step by step: as every `Decoder`. Prepared are the source's keys and values of every block; the cache
    holds those of the target's steps. The K rows of a source share one cache of all their steps, and each
    has a row that says which of them are its own past: to reorder hypotheses is to reorder these rows alone.

    Cost: L times that of a block. A step t costs its own projections, and for each row the attention to S
    keys of the source and K·t of the target, or K·max_length where max_length is known.

    Raises:
        ValueError: as `TransformerEncoder`.

    Example:

    >>> import keras
    >>> source, target = keras.Input((None, 6)), keras.Input((None, 8))
    >>> TransformerDecoder(num_layers=2, num_heads=2, feed_forward_dim=32)(target, source).shape
    (None, None, 8)

    References: Vaswani et al. 2017, Attention Is All You Need, sections 3.1 to 3.5; the block that aligns:
    Garg et al. 2019, Jointly Learning to Align and Translate with Transformer Models, section 4.2.
    """

    block_class = TransformerDecoderBlock

    def build(self, inputs_shape, memory_shape):
        self._build(inputs_shape, memory_shape)

    def call(
        self,
        inputs,
        memory,
        inputs_mask=None,
        memory_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        inputs = masking.zero_masked(inputs, inputs_mask, "inputs_mask")
        states, weights = self.placing(inputs, mask=inputs_mask, training=training), None
        for number, block in enumerate(self.blocks):
            aligns = return_attention_scores and number == self._aligning
            states = block(
                states,
                memory,
                inputs_mask=inputs_mask,
                value_mask=memory_mask,
                return_attention_scores=aligns,
                training=training,
            )
            if aligns:
                states, _, weights = states
        states = masking.zero_masked(self._normed(states), inputs_mask)
        return (states, ops.mean(weights, axis=1)) if return_attention_scores else states

    def prepare(self, memory, memory_mask=None):
        memory = masking.zero_masked(ops.cast(memory, self.compute_dtype), memory_mask, "memory_mask")
        prepared = {"memory": [block.attention.project_memory(memory) for block in self.blocks]}
        return prepared if memory_mask is None else {**prepared, "keep": memory_mask}

    def repeated(self, prepared, copies):
        # The attention to a source takes several rows of it at once.
        return prepared

    def initial_cache(self, prepared, max_length, copies=1):
        batch = batch_size(prepared)
        past = [block.self_attention.initial_cache(batch, max_length, copies) for block in self.blocks]
        return {"past": past} if copies == 1 else {"past": past, "lineage": lineage(past[0])}

    def branched(self, cache, copies):
        if "lineage" not in cache:
            return super().branched(cache, copies)
        return {**cache, "lineage": ops.repeat(cache["lineage"], copies, axis=1)}

    def reordered(self, cache, rows):
        if "lineage" not in cache:
            return super().reordered(cache, rows)
        return {**cache, "lineage": reordered_lineage(cache["lineage"], rows)}

    def step(self, inputs, prepared, cache, t):
        inputs = ops.expand_dims(ops.cast(inputs, self.compute_dtype), 1)  # (N, 1, D)
        states, new, seen = self.placing(inputs, start=t, training=False), {"past": []}, None
        if "lineage" in cache:  # the rows of a source side by side: (B, K, D)
            copies = cache["lineage"].shape[1]
            states = ops.reshape(states, (-1, copies, states.shape[-1]))
            seen = new["lineage"] = with_own_step(cache["lineage"], cache["past"][0], t)
        with recording.not_recording():
            for number, block in enumerate(self.blocks):
                states, *weights, (past, _) = block(
                    states,
                    value_mask=prepared.get("keep"),
                    attention_mask=seen,
                    cache=(cache["past"][number], prepared["memory"][number]),
                    step=t,
                    return_attention_scores=number == self._aligning,
                    training=False,
                )
                new["past"].append(past)
                if number == self._aligning:
                    of_source = ops.squeeze(ops.mean(weights[1], axis=1), 1)  # (N, H, 1, S) -> (N, S)
        states = self._normed(states)
        return ops.reshape(states, (-1, states.shape[-1])), of_source, new

    @property
    def _aligning(self):
        """The block whose weights are given."""
        return max(0, self.num_layers - 2)

    def compute_output_shape(self, inputs_shape, memory_shape):
        return inputs_shape
