import keras

from keras_seq.layers.attention.selections.selection import Selection


@keras.saving.register_keras_serializable("keras_seq")
class SoftSelection(Selection):
    """All keys, each by its weight.

    Reference: Xu et al. 2015, Show, Attend and Tell, section 4.2 (deterministic "soft" attention).
    """

    def call(self, weights, training=None):
        return weights
