"""What a translator is built of, out of its settings."""

import keras

from keras_seq import layers
from keras_seq.layers.attention import scopes, scores
from keras_seq.models.encoding import recurrent_encoder
from keras_seq.models.selection import selection_of

__all__ = ["decoder", "embeddings", "encoder", "readout", "words_dropout"]

_CELLS = {"lstm": keras.layers.LSTMCell, "gru": keras.layers.GRUCell, "simple": keras.layers.SimpleRNNCell}


def embeddings(settings, source_size, target_size):
    """The words' vectors of both sides; one layer twice where they are the same."""
    # The stacks of blocks multiply by the root of the width: so their inputs begin with variance 1.
    deviation = 0.1 if settings.architecture == "rnn" else settings.embedding_dim**-0.5

    def embedding(size, name, is_read_and_written):
        kind = keras.layers.ReversibleEmbedding if is_read_and_written else keras.layers.Embedding
        return kind(
            size,
            settings.embedding_dim,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=deviation),
            **({"reverse_dtype": "float32"} if is_read_and_written else {}),
            name=name,
        )

    if settings.tied == "all":
        both = embedding(target_size, "embedding", True)
        return both, both
    return (
        embedding(source_size, "source_embedding", False),
        embedding(target_size, "target_embedding", settings.tied == "target"),
    )


def words_dropout(settings, name):
    """The dropout of words' vectors; the stacks of blocks drop from their placed words themselves."""
    return keras.layers.Dropout(settings.dropout if settings.architecture == "rnn" else 0.0, name=name)


def encoder(settings):
    """Words `(B, S, D)` -> the memory, of `conv_s2s` memory and key."""
    if settings.architecture == "transformer":
        return layers.TransformerEncoder(settings.num_layers, **_of_transformer(settings), name="encoder")
    if settings.architecture == "conv_s2s":
        return layers.ConvS2SEncoder(settings.num_layers, **_of_conv_s2s(settings), name="encoder")
    return recurrent_encoder(settings)


def decoder(settings, memory_width):
    """The `Decoder` for a memory of this width."""
    depth = settings.decoder_layers or settings.num_layers
    if settings.architecture == "transformer":
        return layers.TransformerDecoder(depth, **_of_transformer(settings), name="decoder")
    if settings.architecture == "conv_s2s":
        return layers.ConvS2SDecoder(depth, **_of_conv_s2s(settings), name="decoder")
    units, ends = _decoder_units(settings, memory_width), "ends" if settings.bidirectional else "last"
    if settings.context != "attention":
        return layers.ContextDecoder(
            units,
            cell=settings.cell,
            num_layers=depth,
            every_step=settings.context == "every_step",
            summary=ends,
            residual=settings.residual,
            dropout=settings.dropout,
            name="decoder",
        )
    cells = [
        _CELLS[settings.cell](units, dropout=settings.dropout if level else 0.0) for level in range(depth)
    ]
    cell = cells[0] if depth == 1 else keras.layers.StackedRNNCells(cells)
    chosen = settings.attention
    attention = layers.Attention(
        _score(settings),
        normalizer=chosen.normalizer,
        scope=_scope(chosen),
        selection=selection_of(chosen),
        dropout=chosen.dropout,
    )
    if chosen.cell == "bahdanau":
        cell = layers.BahdanauCell(cell, attention, output_context=True)
    else:
        answer = None if settings.tied == "none" else settings.embedding_dim
        cell = layers.LuongCell(cell, attention, units=answer, input_feeding=chosen.input_feeding)
    return layers.RecurrentDecoder(cell, first_state=ends, name="decoder")


def readout(settings, memory_width):
    """The layer between states and logits, or None: it reads the context too, or brings to another width."""
    if settings.architecture != "rnn":
        return None
    if settings.context == "attention":
        needed = settings.attention.cell == "bahdanau"
    else:
        needed = settings.context == "every_step" or settings.tied != "none"
    width = settings.embedding_dim if settings.tied != "none" else _decoder_units(settings, memory_width)
    return keras.layers.Dense(width, "tanh", name="readout") if needed else None


def _decoder_units(settings, memory_width):
    return settings.decoder_units or memory_width


def _of_transformer(settings):
    return {
        "num_heads": settings.heads,
        "feed_forward_dim": settings.feed_forward_dim,
        "dropout": settings.dropout,
        "norm_first": settings.norm_first,
        **_placed(settings),
    }


def _of_conv_s2s(settings):
    return {
        "units": settings.units,
        "kernel_size": settings.kernel_size,
        "dropout": settings.dropout,
        **_placed(settings),
    }


def _placed(settings):
    learned = settings.positions == "learned"
    return {"positions": settings.positions, "max_length": settings.max_positions if learned else None}


def _score(settings):
    if settings.attention.score == "location":
        return scores.LocationScore(settings.max_positions)
    return settings.attention.score


def _scope(chosen):
    kinds = {"local_m": scopes.LocalMonotonicScope, "local_p": scopes.LocalPredictiveScope}
    return kinds[chosen.scope](chosen.window) if chosen.scope in kinds else chosen.scope
