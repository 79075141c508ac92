"""The settings of a tagger."""

from dataclasses import dataclass

from keras_seq.models.selection_setting import selection_setting, words_setting
from keras_seq.settings import setting

__all__ = ["CharacterSettings", "TaggerAttentionSettings", "TaggerSettings"]


@dataclass(frozen=True)
class CharacterSettings:
    """How a word is read letter by letter."""

    reader: str = setting("cnn", "what reads the letters of a word", choices=("cnn", "rnn", "ngrams", "none"))
    length: int = setting(20, "letters of a word that are read; the rest is cut off", minimum=1, below=1001)
    embedding_dim: int = setting(16, "width of a letter's vector (cnn, rnn)", minimum=1)
    units: int = setting(
        32,
        "filters of each width (cnn), width of a direction (rnn) or of a word's vector (ngrams)",
        minimum=1,
    )
    longest: int = setting(4, "widest filter (cnn) or longest n-gram (ngrams), from 2 on", minimum=2)
    slots: int = setting(10_007, "hash slots of the n-grams; a prime spreads best", minimum=1)


@dataclass(frozen=True)
class TaggerAttentionSettings:
    """How words attend to each other, and the intent to the words."""

    selection: str = selection_setting()
    words: int = words_setting()


@dataclass(frozen=True)
class TaggerSettings:
    """The architecture of a tagger."""

    embedding_dim: int = setting(100, "width of a word's vector", minimum=1)
    embeddings: str = setting(
        "random", "where vectors begin: random | counted (from the training texts) | a word2vec or GloVe file"
    )
    train_embeddings: bool = setting(True, "whether training moves the words' vectors")
    characters: CharacterSettings = setting(CharacterSettings, "how a word is read letter by letter")
    cell: str = setting("lstm", "recurrent cell", choices=("lstm", "gru", "simple"))
    units: int = setting(128, "width of each direction of the encoder", minimum=1)
    num_layers: int = setting(1, "depth of the encoder; 0 leaves it out", minimum=0)
    bidirectional: bool = setting(True, "read in both directions")
    residual: bool = setting(False, "add to each level of the encoder what it read")
    heads: int = setting(0, "heads of a self-attention over the states; 0 leaves it out", minimum=0)
    attention: TaggerAttentionSettings = setting(
        TaggerAttentionSettings, "the attention of these heads, and of the intent"
    )
    head: str = setting(
        "crf", "how tags are chosen: of a sentence together, or each by itself", choices=("crf", "softmax")
    )
    dropout: float = setting(
        0.4, "fraction dropped of what the encoder reads, and between its levels", minimum=0.0, below=1.0
    )
    state_dropout: float = setting(0.4, "fraction dropped of the encoder's states", minimum=0.0, below=1.0)
    word_dropout: float = setting(
        0.05, "probability that a word becomes unknown in training", minimum=0.0, below=1.0
    )
    token_dropout: float = setting(
        0.0, "probability that its letters become unknown too: then context must say", minimum=0.0, below=1.0
    )
    intent_weight: float = setting(1.0, "how much the intent's loss counts beside the tags'", minimum=0.0)
