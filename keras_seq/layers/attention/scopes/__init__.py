"""Scopes: which keys a query may attend to by where they stand; `get` finds one by name."""

from keras_seq.layers.attention import parts
from keras_seq.layers.attention.scopes.causal_scope import CausalScope
from keras_seq.layers.attention.scopes.global_scope import GlobalScope
from keras_seq.layers.attention.scopes.local_monotonic_scope import LocalMonotonicScope
from keras_seq.layers.attention.scopes.local_predictive_scope import LocalPredictiveScope
from keras_seq.layers.attention.scopes.scope import Scope
from keras_seq.layers.attention.scopes.windowed_scope import WindowedScope

__all__ = [
    "CausalScope",
    "GlobalScope",
    "LocalMonotonicScope",
    "LocalPredictiveScope",
    "Scope",
    "WindowedScope",
    "get",
]

_BY_NAME = {
    "global": GlobalScope,
    "causal": CausalScope,
    "windowed": WindowedScope,
    "local_m": LocalMonotonicScope,
    "local_p": LocalPredictiveScope,
}


def get(identifier, dtype=None) -> Scope:
    """A scope by its name, from a saved config, or as it is.

    Args:
        identifier: `"global"`, `"causal"`, `"windowed"`, `"local_m"`, `"local_p"`, a serialized scope, or
            a `Scope`.
        dtype: dtype policy of a scope made from its name.
    """
    return parts.find("scope", identifier, Scope, _BY_NAME, dtype=dtype)
