"""Text to ids: tokenizers, vocabulary, and the two together.

Plain Python: importing this room loads neither tensorflow nor keras.
"""

from keras_seq.text.characters import looks_unspaced
from keras_seq.text.encoder import TextEncoder
from keras_seq.text.tokenizers import (
    CharacterTokenizer,
    SpaceTokenizer,
    SubwordTokenizer,
    Token,
    Tokenizer,
    WordTokenizer,
    get_tokenizer,
)
from keras_seq.text.vocabulary import END, Vocabulary
from keras_seq.text.word_encoder import WordEncoder

__all__ = [
    "CharacterTokenizer",
    "END",
    "SpaceTokenizer",
    "SubwordTokenizer",
    "TextEncoder",
    "Token",
    "Tokenizer",
    "Vocabulary",
    "WordEncoder",
    "WordTokenizer",
    "get_tokenizer",
    "looks_unspaced",
]
