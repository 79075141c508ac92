"""One label for a whole text: embedding -> recurrent encoder -> pooling -> logits."""

import keras

from keras_seq import layers
from keras_seq.models.classifier_settings import ClassifierSettings
from keras_seq.models.encoding import recurrent_encoder
from keras_seq.models.selection import selection_of

__all__ = ["build_classifier"]


def build_classifier(settings: ClassifierSettings, vocabulary_size: int, num_classes: int) -> keras.Model:
    """A functional model: token ids int32 `(B, T)`, 0 = padding -> logits `(B, num_classes)`.

        word_t   = dropout(embedding(token_t))
        state_t  = encoder(word_1 … word_n)_t
        context  = Σ_t weights_t · state_t            weights = attention (or last, mean, max)
        network  = W dropout(context) + b
        logits   = network                            or, with n-grams, evidence + share · network

    Args:
        settings: the architecture.
        vocabulary_size: number of token ids, padding and "other" included.
        num_classes: number of labels, at least 2.
    """
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = layers.WordDropout(settings.word_dropout, name="word_dropout")(token_ids)
    states = keras.layers.Embedding(
        vocabulary_size,
        settings.embedding_dim,
        mask_zero=True,
        trainable=settings.train_embeddings,
        name="embedding",
    )(words)  # (B, T, D)
    # Whole columns, as SpatialDropout1D, which forgets in its config which precision it computes in.
    columns = {"noise_shape": (None, 1, None), "name": "embedding_dropout"}
    states = keras.layers.Dropout(settings.dropout, **columns)(states)
    if settings.num_layers:
        states = recurrent_encoder(settings)(states)  # (B, T, U or 2 U)
    context = keras.layers.Dropout(settings.context_dropout, name="context_dropout")(_pool(settings, states))
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(context)
    if settings.ngrams:
        evidence = layers.NgramEvidence(
            num_classes, settings.ngrams, settings.ngram_slots, dtype="float32", name="ngrams"
        )(token_ids)
        logits = layers.LateFusion(settings.network_share, dtype="float32", name="fusion")(logits, evidence)
    return keras.Model(token_ids, logits, name="classifier")


def _pool(settings, states):
    """`(B, T, D)` -> `(B, D)`, or `(B, 2 D)` with attention and maximum."""
    if settings.pooling == "mean":
        return layers.MeanPooling(name="pooling")(states)
    if settings.pooling == "max":
        return layers.MaxPooling(name="pooling")(states)
    if settings.pooling == "last":
        both = settings.bidirectional and settings.num_layers > 0
        return layers.LastPooling(both, name="pooling")(states)
    attention = layers.Attention(
        settings.attention.score,
        selection=selection_of(settings.attention),
        dropout=settings.attention.dropout,
    )
    context, _ = layers.AttentionPooling(attention, name="attention")(states, return_attention_scores=True)
    if settings.pooling == "attention":
        return context
    return keras.layers.Concatenate(name="pooling")([context, layers.MaxPooling(name="maximum")(states)])
