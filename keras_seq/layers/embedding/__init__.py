"""From ids to vectors, and what is done to the ids on the way.

Words need no layer of ours: `keras.layers.Embedding(vocabulary_size, width, mask_zero=True)` takes ids
`(B, T)` and sentences of ids `(B, N, W)` alike, and its mask has the shape of the ids. Call it on them as
they are: inside `keras.layers.TimeDistributed` the mask is lost.
"""

from keras_seq.layers.embedding.character_convolution import CharacterConvolution
from keras_seq.layers.embedding.character_recurrence import CharacterRecurrence
from keras_seq.layers.embedding.letter_ngrams import LetterNgrams
from keras_seq.layers.embedding.ngram_evidence import NgramEvidence
from keras_seq.layers.embedding.one_hot import OneHot
from keras_seq.layers.embedding.positions import LearnedPositions, RotaryPositions, SinusoidalPositions
from keras_seq.layers.embedding.word_dropout import WordDropout

__all__ = [
    "CharacterConvolution",
    "CharacterRecurrence",
    "LearnedPositions",
    "LetterNgrams",
    "NgramEvidence",
    "OneHot",
    "RotaryPositions",
    "SinusoidalPositions",
    "WordDropout",
]
