import functools

from keras_seq import layers
from keras_seq.testing import Case
from tests.laws.inputs import SEQUENCE, VALUE_MASK


def _by_attention(dtype=None):
    return layers.AttentionPooling(
        layers.Attention("additive", dropout=0.4, seed=3, dtype=dtype), dtype=dtype
    )


ROWS = {
    "AttentionPooling": Case(_by_attention, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
    "AttentionPooling, scaled dot": Case(
        functools.partial(
            layers.AttentionPooling, attention="scaled_dot", query_initializer="glorot_uniform"
        ),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
    ),
    "LastPooling": Case(layers.LastPooling, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
    "LastPooling, two directions": Case(
        functools.partial(layers.LastPooling, bidirectional=True),
        {"inputs": SEQUENCE},
        {"inputs": VALUE_MASK},
    ),
    "MeanPooling": Case(layers.MeanPooling, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
    "MaxPooling": Case(layers.MaxPooling, {"inputs": SEQUENCE}, {"inputs": VALUE_MASK}),
}
