import inspect

import keras
from keras import ops

from keras_seq.layers import recording
from keras_seq.layers.attention.attention import Attention
from keras_seq.layers.pooling.attention_pooling import AttentionPooling
from keras_seq.layers.recurrent.recurrent_encoder import RecurrentEncoder
from keras_seq.layers.shapes import require_rank
from keras_seq.layers.traced_layer import TracedLayer
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class HierarchicalAttention(TracedLayer):
    """A document of sentences of words -> one vector, by attention over words, then over sentences.

        sentence_n = Σ_w words_nw · state_nw            state_n· = word_encoder(input_n·)
        document   = Σ_n sentences_n · state_n          state_·  = sentence_encoder(sentence_·)

    with the weights words and sentences by `AttentionPooling`, one learned query for each level.

    B batch, N sentences, W words of a sentence, D width of a word.

    Args:
        word_encoder: a layer `(B, W, D)` -> `(B, W, D')`; a number of units: a bidirectional GRU of so many
            in each direction, as in the paper; None: the words are weighed as they come.
        sentence_encoder: the same for the sentences, `(B, N, D')` -> `(B, N, D'')`.
        attention: `"additive"`, `"scaled_dot"` (any score of `Attention`), or a new `Attention`, of which
            each level makes a copy.

    Call arguments:
        inputs: float `(B, N, W, D)`, such as `keras.layers.Embedding(…, mask_zero=True)` makes of ids
            `(B, N, W)`, with its mask. (Not inside `keras.layers.TimeDistributed`: that drops the mask.)
        mask: bool `(B, N, W)`, True = keep; Keras fills it.
        return_attention_scores: also return both weights.
        training: bool.

    Returns:
        document `(B, D'')`; with `return_attention_scores` the triple (document, words `(B, N, W)`,
        sentences `(B, N)`).

    Masking: words stand on the left of their sentence. A sentence without words gets no weight and changes
    nothing, wherever it stands: the sentence encoder reads the others as if it were not there. A document
    without sentences gives zeros. The result has no mask. An encoder is given the mask where its `call`
    takes `mask`.

    Numerics: as in `Attention`.

    Cost: that of the encoders, of B·N sentences of W words and of B documents of N sentences.

    Raises:
        ValueError: inputs that are not of rank 4, an encoder that is neither a layer nor a number of units,
            an `Attention` that is built already.

    Example:

    >>> import keras
    >>> words = keras.layers.Embedding(1000, 8, mask_zero=True)(keras.Input((None, None), dtype="int32"))
    >>> document, *weights = HierarchicalAttention(16, 16)(words, return_attention_scores=True)
    >>> document.shape, [each.shape for each in weights]
    ((None, 32), [(None, None, None), (None, None)])

    Reference: Yang et al. 2016, Hierarchical Attention Networks for Document Classification, section 2.2.
    """

    def __init__(self, word_encoder=None, sentence_encoder=None, attention="additive", **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.word_encoder = self._encoder("word_encoder", word_encoder)
        self.sentence_encoder = self._encoder("sentence_encoder", sentence_encoder)
        if isinstance(attention, Attention):
            if attention.built:
                raise ValueError(
                    "Each level makes a copy of the attention, with weights of its own, so it must be new. "
                    f"Received: attention={attention.name}, which is built already."
                )
            attention = keras.saving.serialize_keras_object(attention)
        self.words = AttentionPooling(attention, dtype=self.dtype_policy, name="words")
        self.sentences = AttentionPooling(attention, dtype=self.dtype_policy, name="sentences")
        self.attention = keras.saving.serialize_keras_object(self.words.attention)  # as it is before build

    def build(self, inputs_shape):
        require_rank(("batch", "sentences", "words", "width"), inputs=inputs_shape)
        batch, sentences, words, width = inputs_shape
        for encoder, pooling, length in (
            (self.word_encoder, self.words, words),
            (self.sentence_encoder, self.sentences, sentences),
        ):
            shape = (None, length, width)
            if encoder is not None:
                if not encoder.built:  # it is, when loaded from a file
                    encoder.build(shape)
                shape = tuple(encoder.compute_output_shape(shape))
            if not pooling.built:
                pooling.build(shape)
            width = shape[-1]
        self.built = True

    def call(self, inputs, mask=None, return_attention_scores=False, training=None):
        batch, sentences, words = ops.shape(inputs)[:3]
        keep_words = ops.ones((batch, sentences, words), "bool") if mask is None else mask
        keep_sentences = ops.any(keep_words, axis=-1)  # (B, N)
        inputs = masking.zero_masked(inputs, keep_words)

        states = ops.reshape(inputs, (-1, words, inputs.shape[-1]))  # (B·N, W, D)
        keep = ops.reshape(keep_words, (-1, words))
        states = _encoded(self.word_encoder, states, keep)
        with recording.not_recording():
            vectors, word_weights = self.words(
                states, mask=keep, return_attention_scores=True, training=training
            )  # (B·N, D'), (B·N, W)
        vectors = ops.reshape(vectors, (batch, sentences, vectors.shape[-1]))
        word_weights = ops.reshape(word_weights, (batch, sentences, words))

        states = _encoded_without_gaps(self.sentence_encoder, vectors, keep_sentences)  # (B, N, D'')
        with recording.not_recording():
            document, sentence_weights = self.sentences(
                states, mask=keep_sentences, return_attention_scores=True, training=training
            )  # (B, D''), (B, N)
        recording.report(self.words, word_weights)
        recording.report(self.sentences, sentence_weights)
        return (document, word_weights, sentence_weights) if return_attention_scores else document

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, inputs_shape):
        batch, sentences, words, width = inputs_shape
        for encoder, length in ((self.word_encoder, words), (self.sentence_encoder, sentences)):
            if encoder is not None:
                width = encoder.compute_output_shape((None, length, width))[-1]
        return (batch, width)

    def get_config(self):
        return {
            **super().get_config(),
            "word_encoder": keras.saving.serialize_keras_object(self.word_encoder),
            "sentence_encoder": keras.saving.serialize_keras_object(self.sentence_encoder),
            "attention": dict(self.attention),
        }

    def _encoder(self, name, encoder):
        if isinstance(encoder, dict):
            encoder = keras.saving.deserialize_keras_object(encoder)
        if isinstance(encoder, int):
            return RecurrentEncoder(encoder, cell="gru", dtype=self.dtype_policy, name=name)
        if encoder is None or isinstance(encoder, keras.layers.Layer):
            return encoder
        raise ValueError(f"An encoder is a layer, a number of units, or None. Received: {name}={encoder!r}")


def _encoded(encoder, sequence, mask):
    """What the encoder makes of `(B, T, D)`; it gets the mask where it takes one."""
    if encoder is None:
        return sequence
    takes_mask = "mask" in inspect.signature(encoder.call).parameters
    return encoder(sequence, mask=mask) if takes_mask else encoder(sequence)


def _encoded_without_gaps(encoder, sequence, mask):
    """The same with the kept steps moved together to the left, so that those between them are not read."""
    if encoder is None:
        return sequence
    length = ops.shape(mask)[1]
    step = ops.expand_dims(ops.arange(length, dtype="int32"), 0)  # (1, T)
    order = ops.argsort(ops.where(mask, step, step + length), axis=1)  # (B, T): kept ones first
    place = ops.argsort(order, axis=1)  # where each step went
    left = step < ops.expand_dims(masking.sequence_lengths(mask), 1)
    states = _encoded(encoder, _picked(sequence, order), left)
    return _picked(states, place)


def _picked(sequence, order):
    """`(B, T, D)` and places `(B, T)` -> the steps that stand there, `(B, T, D)`."""
    return ops.take_along_axis(sequence, ops.expand_dims(order, 2), axis=1)
