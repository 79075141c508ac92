"""The settings of a text classifier."""

from dataclasses import dataclass

from keras_seq.models.selection_setting import selection_setting, words_setting
from keras_seq.settings import setting

__all__ = ["AttentionSettings", "ClassifierSettings"]


@dataclass(frozen=True)
class AttentionSettings:
    """The attention of a pooling."""

    score: str = setting("additive", "how a word is scored", choices=("additive", "scaled_dot"))
    selection: str = selection_setting()
    words: int = words_setting()
    dropout: float = setting(
        0.0, "fraction of the attention weights dropped in training", minimum=0.0, below=1.0
    )


@dataclass(frozen=True)
class ClassifierSettings:
    """The architecture of a text classifier."""

    embedding_dim: int = setting(64, "width of a word's vector", minimum=1)
    embeddings: str = setting(
        "random", "where vectors begin: random | counted (from the training texts) | a word2vec or GloVe file"
    )
    train_embeddings: bool = setting(True, "whether training moves the words' vectors")
    cell: str = setting("lstm", "recurrent cell", choices=("lstm", "gru", "simple"))
    units: int = setting(64, "width of each direction of the encoder", minimum=1)
    num_layers: int = setting(1, "depth of the encoder; 0 leaves it out", minimum=0)
    bidirectional: bool = setting(True, "read in both directions")
    residual: bool = setting(False, "add to each level of the encoder what it read")
    pooling: str = setting(
        "attention",
        "how the states become one vector",
        choices=("attention", "attention+max", "last", "mean", "max"),
    )
    attention: AttentionSettings = setting(AttentionSettings, "the attention of the pooling")
    dropout: float = setting(
        0.3, "fraction dropped of word vectors, and between levels of the encoder", minimum=0.0, below=1.0
    )
    context_dropout: float = setting(0.3, "fraction dropped of the pooled vector", minimum=0.0, below=1.0)
    word_dropout: float = setting(
        0.1, "probability that a word becomes unknown in training", minimum=0.0, below=1.0
    )
    ngrams: int = setting(
        0, "longest n-gram of a counted linear model beside the network; 0 leaves it out", minimum=0
    )
    ngram_slots: int = setting(1_048_573, "hash slots of its n-grams; a prime spreads best", minimum=1)
    ngram_texts: int = setting(3, "training texts that an n-gram must stand in to count", minimum=1)
    ngram_penalty: float = setting(10.0, "of the squares of its weights", minimum=0.0)
    network_share: float = setting(0.5, "how much the network counts beside the n-grams", minimum=0.0)
