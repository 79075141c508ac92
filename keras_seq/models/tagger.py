"""A tag for every word, and an intent for the sentence: words and letters -> recurrent encoder -> chain."""

import keras
from keras import ops

from keras_seq import layers
from keras_seq.models.encoding import recurrent_encoder
from keras_seq.models.selection import selection_of
from keras_seq.models.tagger_settings import TaggerSettings

__all__ = ["build_tagger"]


def build_tagger(
    settings: TaggerSettings,
    vocabulary_size: int,
    num_characters: int,
    num_tags: int,
    num_intents: int = 0,
    allowed=None,
) -> keras.Model:
    """A functional model: token ids int32 `(B, T, 1 + L)` -> `{"tags": …, "intent": logits (B, I)}`.

        word_t  = dropout([embedding(token_t) ; reader(letters_t)])
        state_t = encoder(word_1 … word_n)_t                plus, with heads, what it attends to
        tags    = CRF(W dropout(state_t) + b)               a chain `(B, N + 2 + T, N)`, or logits `(B, T, N)`
        intent  = V dropout(Σ_t weights_t · state_t) + c    weights = attention of one learned query

    Of a token, column 0 is the id of its word (0 = padding, 1 = other), the L columns behind it those of its
    letters (0 = none); without a reader there is column 0 alone.

    Args:
        settings: the architecture.
        vocabulary_size, num_characters: numbers of ids, padding and "other" included.
        num_tags: N, at least 1.
        num_intents: I; 0 leaves the intent out.
        allowed: `(start (N,), end (N,), transitions (N, N))` of bools: the sequences that a CRF may give.

    Reference of tags and intent on one encoder: Liu & Lane 2016, Attention-Based Recurrent Neural Network
    Models for Joint Intent Detection and Slot Filling, section 3.2.
    """
    reader = _reader(settings.characters, num_characters)
    width = 1 + (settings.characters.length if reader else 0)
    token_ids = keras.Input((None, width), dtype="int32", name="token_ids")
    kept_ids = layers.WordDropout(settings.token_dropout, name="token_dropout")(token_ids)
    word_ids, character_ids = (
        ops.split(kept_ids, [1], axis=-1) if reader else (kept_ids, None)
    )  # (B, T, 1), (B, T, L)
    word_ids = ops.squeeze(word_ids, -1)
    mask = ops.not_equal(word_ids, 0)  # said to each layer: Keras would put together one of several masks
    words = layers.WordDropout(settings.word_dropout, name="word_dropout")(word_ids)
    states = keras.layers.Embedding(
        vocabulary_size, settings.embedding_dim, trainable=settings.train_embeddings, name="embedding"
    )(words)  # (B, T, D)
    if reader:
        states = ops.concatenate([states, reader(character_ids)], axis=-1)
    states = keras.layers.Dropout(settings.dropout, name="word_vector_dropout")(states)
    if settings.num_layers:
        states = recurrent_encoder(settings)(states, mask=mask)  # (B, T, U or 2 U)
    if settings.heads:
        attention = layers.MultiHeadSelfAttention(
            settings.heads, selection=selection_of(settings.attention), name="self_attention"
        )
        states += attention(states, mask=mask)
    kept = keras.layers.Dropout(settings.state_dropout, name="state_dropout")(states)
    tags = keras.layers.Dense(num_tags, dtype="float32", name="tag_logits")(kept)  # (B, T, N)
    if settings.head == "crf":
        start, end, transitions = (None, None, None) if allowed is None else allowed
        chain = layers.CRF(num_tags, transitions, start, end, dtype="float32", name="chain")
        tags = chain(tags, mask=mask)
    outputs = {"tags": tags}
    if num_intents:
        attention = layers.AttentionPooling(
            layers.Attention("additive", selection=selection_of(settings.attention)), name="attention"
        )
        context, _ = attention(states, mask=mask, return_attention_scores=True)
        context = keras.layers.Dropout(settings.state_dropout, name="context_dropout")(context)
        outputs["intent"] = keras.layers.Dense(num_intents, dtype="float32", name="intent_logits")(context)
    return keras.Model(token_ids, outputs, name="tagger")


def _reader(settings, num_characters):
    """The layer that makes a word's vector from its letters; None without one."""
    if settings.reader == "cnn":
        return layers.CharacterConvolution(
            num_characters,
            settings.embedding_dim,
            filters=settings.units,
            widths=range(2, settings.longest + 1),
            name="characters",
        )
    if settings.reader == "rnn":
        return layers.CharacterRecurrence(
            num_characters, settings.embedding_dim, units=settings.units, name="characters"
        )
    if settings.reader == "ngrams":
        return layers.LetterNgrams(
            settings.slots, settings.units, shortest=2, longest=settings.longest, name="characters"
        )
    return None
