"""The mathematics: pure functions on tensors, `keras.ops` only, no weights, no layers."""
