import keras

from keras_seq.ops import chain


@keras.saving.register_keras_serializable("keras_seq")
class ViterbiDecoder(keras.layers.Layer):
    """The best tags of a chain, such as `CRF` gives.

        tag_ids = argmax over all tag sequences of score(tags)

    Of sequences that are equally good, the one whose last tag has the lowest number; then whose tag before
    that has, and so on.

    Call arguments:
        inputs: a chain `(B, N + 2 + T, N)`.
        mask: bool `(B, T)`, one for each word: further words to leave out; None: those that stand in the
        chain; Keras does not fill it, for `CRF` writes its mask into the chain.

    Returns:
        tag_ids, int32 `(B, T)`.

    Masking: padding gets tag 0; which words stand in the chain is handed on as the mask of the result.

    Numerics: float32 or wider under every dtype policy. A transition that is forbidden is never taken, by
    however much its tags are preferred, unless no sequence of this length is allowed.

    Cost: T steps of B·N².

    Raises:
        ValueError: inputs that cannot be a chain.

    Example:

    >>> import numpy as np
    >>> from keras_seq.layers import CRF
    >>> logits = np.array([[[0.0, 2.0], [0.0, 3.0]]])
    >>> never_twice = [[True, True], [True, False]]
    >>> ViterbiDecoder()(CRF(2, allowed=never_twice)(logits)).numpy().tolist()
    [[0, 1]]

    Reference: Viterbi 1967, Error Bounds for Convolutional Codes and an Asymptotically Optimum Decoding
    Algorithm.
    """

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)  # a chain stays as wide as it is

    def build(self, inputs_shape):
        if len(inputs_shape) != 3 or inputs_shape[-1] is None:
            raise ValueError(
                "ViterbiDecoder takes a chain, (batch, N + 2 + length, N), as CRF gives it. "
                f"Received: inputs of shape {tuple(inputs_shape)}"
            )
        self.built = True

    def call(self, inputs, mask=None):
        return chain.viterbi(inputs, mask)

    def compute_mask(self, inputs, previous_mask=None):
        return chain.chain_mask(inputs)

    def compute_output_shape(self, inputs_shape):
        batch, rows, num_tags = inputs_shape
        return (batch, None if rows is None else rows - num_tags - 2)

    def compute_output_spec(self, inputs, mask=None):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype="int32")
