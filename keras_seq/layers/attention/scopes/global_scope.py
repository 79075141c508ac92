import keras

from keras_seq.layers.attention.scopes.scope import Scope


@keras.saving.register_keras_serializable("keras_seq")
class GlobalScope(Scope):
    """Every key that the masks keep.

    Reference: Luong et al. 2015, Effective Approaches to Attention-based Neural Machine Translation,
    section 3.1.
    """

    def call(self, query, key, keep=None, query_positions=None):
        return keep, None
