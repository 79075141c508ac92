"""Recurrence: encoders on the built-in LSTM, GRU and SimpleRNN that padding cannot touch."""

from keras_seq.layers.recurrent.recurrent_encoder import RecurrentEncoder

__all__ = ["RecurrentEncoder"]
