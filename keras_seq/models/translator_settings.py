"""The settings of a translator."""

from dataclasses import dataclass

from keras_seq.errors import InputError
from keras_seq.models.selection_setting import selection_setting, words_setting
from keras_seq.settings import setting

__all__ = ["DecoderAttentionSettings", "TranslatorSettings", "require_compatible"]


@dataclass(frozen=True)
class DecoderAttentionSettings:
    """How a recurrent decoder attends to the source."""

    score: str = setting(
        "additive",
        "how a source word is scored",
        choices=("additive", "dot", "scaled_dot", "general", "concat", "cosine", "location"),
    )
    cell: str = setting(
        "luong",
        "when it attends: with the state of this step, or with that before it",
        choices=("luong", "bahdanau"),
    )
    input_feeding: bool = setting(True, "whether a step reads what the last one answered (luong)")
    scope: str = setting(
        "global",
        "where: everywhere, near the same or a predicted place",
        choices=("global", "local_m", "local_p"),
    )
    window: int = setting(10, "words to each side of that place", minimum=1)
    normalizer: str = setting(
        "softmax", "how scores become weights", choices=("softmax", "relu", "sparsemax")
    )
    selection: str = selection_setting()
    words: int = words_setting()
    dropout: float = setting(
        0.0, "fraction of the attention weights dropped in training", minimum=0.0, below=1.0
    )


@dataclass(frozen=True)
class TranslatorSettings:
    """The architecture of a translator."""

    architecture: str = setting("rnn", "of encoder and decoder", choices=("rnn", "conv_s2s", "transformer"))
    embedding_dim: int = setting(256, "width of a word's vector, and of a transformer", minimum=1)
    tied: str = setting(
        "none",
        "which vectors are the same: none, target words read and written, or all (one vocabulary)",
        choices=("none", "target", "all"),
    )
    num_layers: int = setting(1, "depth of the encoder", minimum=1)
    decoder_layers: int | None = setting(None, "depth of the decoder; null: as the encoder", minimum=1)
    units: int = setting(
        256, "width of each direction of the encoder (rnn), of the blocks (conv_s2s)", minimum=1
    )
    decoder_units: int | None = setting(
        None, "width of a recurrent decoder; null: that of the encoder's states", minimum=1
    )
    cell: str = setting("gru", "recurrent cell", choices=("lstm", "gru", "simple"))
    bidirectional: bool = setting(True, "read the source in both directions (rnn)")
    residual: bool = setting(False, "add to each level what it read (rnn)")
    context: str = setting(
        "attention",
        "how a recurrent decoder knows the source",
        choices=("attention", "every_step", "first_state"),
    )
    attention: DecoderAttentionSettings = setting(DecoderAttentionSettings, "how a recurrent decoder attends")
    kernel_size: int = setting(3, "words that a step of a block reads (conv_s2s)", minimum=1)
    heads: int = setting(4, "heads of each attention (transformer)", minimum=1)
    feed_forward_dim: int = setting(1024, "inner width of its feed-forward networks", minimum=1)
    norm_first: bool = setting(True, "normalize what its sublayers read, not what they give")
    positions: str = setting(
        "sinusoidal",
        "how words know their places (conv_s2s, transformer; rotary: transformer alone)",
        choices=("sinusoidal", "learned", "rotary", "none"),
    )
    max_positions: int = setting(
        256, "longest sentence, in tokens, that learned positions or a location score know", minimum=1
    )
    dropout: float = setting(
        0.2, "fraction dropped of words' vectors, and in and between levels", minimum=0.0, below=1.0
    )
    state_dropout: float = setting(
        0.2, "fraction dropped of what the next word is told by", minimum=0.0, below=1.0
    )
    word_dropout: float = setting(
        0.0, "probability that a source word becomes unknown in training", minimum=0.0, below=1.0
    )
    scheduled_sampling: float = setting(
        0.0, "probability, once risen, that the decoder reads its own word in training", minimum=0.0
    )
    sampling_steps: int = setting(10_000, "steps over which that rises from 0", minimum=0)

    @property
    def longest_sentence(self) -> int | None:
        """Tokens of a sentence, its end included, that the model knows places for; None: any number."""
        is_rnn = self.architecture == "rnn"
        by_place = is_rnn and self.context == "attention" and self.attention.score == "location"
        return self.max_positions if by_place or (not is_rnn and self.positions == "learned") else None


def require_compatible(settings, source_vocabulary_size, target_vocabulary_size):
    """Refuse settings that are each allowed, but do not go together.

    Raises:
        InputError: saying which, and what to do.
    """
    width, states = settings.embedding_dim, settings.units * (2 if settings.bidirectional else 1)
    is_transformer = settings.architecture == "transformer"
    if settings.tied == "all" and source_vocabulary_size != target_vocabulary_size:
        raise InputError(
            "tied=all wants one vocabulary for both languages. Share it, or use tied=target.\n"
            f"Received: {source_vocabulary_size} source tokens, {target_vocabulary_size} target tokens."
        )
    if settings.scheduled_sampling > 1:
        raise InputError(
            "scheduled_sampling is a probability, at most 1. "
            f"Received: scheduled_sampling={settings.scheduled_sampling}."
        )
    if is_transformer and width % settings.heads:
        raise InputError(
            f"heads must divide embedding_dim. Received: heads={settings.heads}, embedding_dim={width}."
        )
    if is_transformer and settings.positions == "rotary" and width // settings.heads % 2:
        raise InputError(
            "positions=rotary wants heads of an even width, embedding_dim / heads. "
            f"Received: heads={settings.heads}, embedding_dim={width}."
        )
    if settings.architecture == "conv_s2s" and settings.positions == "rotary":
        raise InputError(
            "positions=rotary are turned inside the attention of a transformer. "
            "Received: architecture=conv_s2s. Use sinusoidal or learned."
        )
    attends = settings.architecture == "rnn" and settings.context == "attention"
    of_one_width = settings.attention.score in ("dot", "scaled_dot", "cosine")
    if attends and of_one_width and settings.decoder_units not in (None, states):
        raise InputError(
            f"The score {settings.attention.score!r} wants a decoder as wide as the encoder's states.\n"
            f"Received: decoder_units={settings.decoder_units}, states of width {states}. "
            "Leave it out, or use another score."
        )
