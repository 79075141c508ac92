import keras
from keras import ops

from keras_seq.layers.attention.scopes.scope import Scope
from keras_seq.ops import masking


@keras.saving.register_keras_serializable("keras_seq")
class CausalScope(Scope):
    """What stands no later than the query: s <= t. No query sees what follows it.

    Reference: Vaswani et al. 2017, Attention Is All You Need, section 3.2.3.
    """

    def call(self, query, key, keep=None, query_positions=None):
        causal = masking.causal_mask(ops.shape(query)[1], ops.shape(key)[1], query_positions)
        return masking.combine(keep, causal), None
