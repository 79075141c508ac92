"""One label for a whole text: embedding -> recurrent encoder -> pooling -> logits."""

import keras

from keras_seq import layers
from keras_seq.models.classifier_settings import ClassifierSettings

__all__ = ["build_classifier"]


def build_classifier(settings: ClassifierSettings, vocabulary_size: int, num_classes: int) -> keras.Model:
    """A functional model: token ids int32 `(B, T)`, 0 = padding -> logits `(B, num_classes)`.

        word_t   = dropout(embedding(token_t))
        state_t  = encoder(word_1 … word_n)_t
        context  = Σ_t weights_t · state_t            weights = attention (or last, mean, max)
        logits   = W dropout(context) + b

    Args:
        settings: the architecture.
        vocabulary_size: number of token ids, padding and "other" included.
        num_classes: number of labels, at least 2.
    """
    pooling = {
        "attention": lambda: layers.AttentionPooling(
            layers.Attention(settings.attention.score, dropout=settings.attention.dropout), name="attention"
        ),
        "last": lambda: layers.LastPooling(
            settings.bidirectional and settings.num_layers > 0, name="pooling"
        ),
        "mean": lambda: layers.MeanPooling(name="pooling"),
        "max": lambda: layers.MaxPooling(name="pooling"),
    }[settings.pooling]()

    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    words = layers.WordDropout(settings.word_dropout, name="word_dropout")(token_ids)
    states = keras.layers.Embedding(
        vocabulary_size, settings.embedding_dim, mask_zero=True, name="embedding"
    )(words)  # (B, T, D)
    states = keras.layers.SpatialDropout1D(settings.dropout, name="embedding_dropout")(states)
    if settings.num_layers:
        states = layers.RecurrentEncoder(
            settings.units,
            cell=settings.cell,
            num_layers=settings.num_layers,
            bidirectional=settings.bidirectional,
            residual=settings.residual,
            dropout=settings.dropout,
            name="encoder",
        )(states)  # (B, T, U or 2 U)
    if settings.pooling == "attention":
        context, _ = pooling(states, return_attention_scores=True)
    else:
        context = pooling(states)
    context = keras.layers.Dropout(settings.dropout, name="context_dropout")(context)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(context)
    return keras.Model(token_ids, logits, name="classifier")
