"""Recurrence: encoders that padding cannot touch, and cells that attend to a memory at every step."""

from keras_seq.layers.recurrent.attention_cell import AttentionCell, PreparedMemory
from keras_seq.layers.recurrent.attention_rnn import AttentionRNN
from keras_seq.layers.recurrent.bahdanau_cell import BahdanauCell
from keras_seq.layers.recurrent.elman_cell import ElmanCell
from keras_seq.layers.recurrent.jordan_cell import JordanCell
from keras_seq.layers.recurrent.luong_cell import LuongCell
from keras_seq.layers.recurrent.recurrent_encoder import RecurrentEncoder

__all__ = [
    "AttentionCell",
    "AttentionRNN",
    "BahdanauCell",
    "ElmanCell",
    "JordanCell",
    "LuongCell",
    "PreparedMemory",
    "RecurrentEncoder",
]
