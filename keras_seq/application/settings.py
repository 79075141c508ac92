"""The settings that every app has, whatever its model: where examples come from, and how text is cut."""

from dataclasses import dataclass

from keras_seq.settings import setting

__all__ = ["DataSettings", "TextSettings"]


@dataclass(frozen=True)
class DataSettings:
    """Where the examples come from."""

    data: str | None = setting(None, "named data set (keras-seq data list); none where files are given")
    data_dir: str | None = setting(None, "folder of TensorFlow Datasets; none takes its own default")
    train: str | None = setting(None, "file or folder of training examples")
    valid: str | None = setting(None, "file or folder of validation examples")


@dataclass(frozen=True)
class TextSettings:
    """How text becomes tokens."""

    tokenizer: str = setting("words", "how text is cut", choices=("words", "characters", "subwords"))
    lowercase: bool = setting(True, "read capitals as small letters")
    vocabulary_size: int = setting(
        10_000, "number of different tokens, padding and unknown included", minimum=3
    )
    minimum_count: int = setting(2, "how often a token must occur to be in the vocabulary", minimum=1)
