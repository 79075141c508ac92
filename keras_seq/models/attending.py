"""What the attentions of a model look at."""

import contextlib
import inspect
import threading
from collections import Counter

import keras
import numpy as np
from keras import ops

from keras_seq.layers import recording
from keras_seq.ops.precision import at_least_float32

__all__ = ["attention_scores", "numbers", "paths"]

_one_at_a_time = threading.Lock()


def attention_scores(model: keras.Model, inputs) -> dict[str, np.ndarray]:
    """The weights of every attention in a model, by the layer's name, from one call.

    For any model that is built: functional, Sequential, subclassed, nested, loaded from a file. It need not
    have been made with `return_attention_scores`. The model runs once, at inference.

    Args:
        model: the model.
        inputs: one batch, in the structure that the model takes.

    Returns:
        For each call of a layer that attends, in the order of the calls, the weights that it gives with
        `return_attention_scores`: `(B, T, S)`, `(B, T)`, `(B, H, T, S)` with H heads … in float32 or wider.
        The name is that in the model's summary, inside another layer `"outer/inner"`; a second call of the
        same layer is `"name:2"`, a third `"name:3"`. Under `keras.layers.TimeDistributed` the weights of all
        steps stand together, `(B, time, …)`.

    `Attention`, `AdditiveAttention`, `MultiHeadAttention` and `GroupQueryAttention` of Keras are heard too.

    Raises:
        ValueError: a model that is not built, or in which nothing attends.

    Example:

    >>> import keras, numpy as np
    >>> from keras_seq.layers import AttentionPooling
    >>> model = keras.Sequential(
    ...     [keras.layers.Embedding(50, 8, mask_zero=True), AttentionPooling(name="pooling")]
    ... )
    >>> ids = np.array([[5, 7, 0]])
    >>> _ = model(ids)
    >>> {name: weights.shape for name, weights in attention_scores(model, ids).items()}
    {'pooling': (1, 3)}
    """
    if not model.built:
        raise ValueError(
            "A model attends when it has weights, and this one is not built yet. "
            f"Received: {model.name}. Call it once on its inputs."
        )
    found = paths(model)
    calls, heard = Counter(), {}

    def hear(layer, weights):
        _, path = found.get(id(layer), (layer, layer.name))
        calls[path] += 1
        heard[path if calls[path] == 1 else f"{path}:{calls[path]}"] = numbers(path, weights)

    with _one_at_a_time, contextlib.ExitStack() as ears:
        for layer, _ in found.values():
            for kinds, heard_call in _HEARD_CALLS.items():
                if isinstance(layer, kinds):
                    ears.enter_context(_calling(layer, heard_call))
        ears.enter_context(recording.recorded(hear))
        model(inputs, training=False)
    if not heard:
        raise ValueError(
            "No attention ran in this model, so there are no weights to show. "
            f"Received: {model.name} with the layers {', '.join(layer.name for layer in model.layers)}"
        )
    return heard


def paths(model):
    """id -> (layer, path) of every layer in the model; the shortest path where several lead to one layer."""
    found, taken, waiting = {}, set(), [(model, "")]
    for layer, path in waiting:  # grows on the way
        for child in layer._flatten_layers(include_self=False, recursive=False):  # a layer has no public list
            if id(child) in found:
                continue
            free = name = path + child.name
            twin = 1
            while free in taken:  # two parts of one layer may bear the same name
                free, twin = f"{name}_{twin}", twin + 1
            taken.add(free)
            found[id(child)] = (child, free)
            waiting.append((child, f"{free}/"))
    return found


def numbers(path, weights):
    """Weights of the layer at a path as an array, in float32 or wider."""
    try:
        return ops.convert_to_numpy(at_least_float32(weights))
    except (NotImplementedError, TypeError) as error:  # a symbol of TensorFlow or JAX
        raise ValueError(
            f"The weights of {path!r} cannot be read: it runs inside a compiled function or a compiled loop. "
            "Call the model's layers outside of one."
        ) from error


@contextlib.contextmanager
def _calling(layer, heard_call):
    """Inside, calls of this one layer go through `heard_call(layer, call, *args, **kwargs)`."""
    call, own = layer.call, vars(layer)
    before = own.get("call")
    # Past Layer.__setattr__, which looks for weights to track.
    own["call"] = lambda *args, **kwargs: heard_call(layer, call, *args, **kwargs)
    try:
        yield
    finally:
        if before is None:
            del own["call"]
        else:
            own["call"] = before


def _call_of_keras_attention(layer, call, *args, **kwargs):
    """Asks a layer of Keras for its weights, reports them, and returns what was asked for."""
    given = inspect.signature(call).bind(*args, **kwargs)
    wanted = given.arguments.get("return_attention_scores", False)
    given.arguments["return_attention_scores"] = True
    result, weights = call(*given.args, **given.kwargs)
    recording.report(layer, weights)
    return (result, weights) if wanted else result


def _call_of_all_steps(layer, call, inputs, *args, **kwargs):
    """TimeDistributed calls its layer step by step: the reports of all steps are stacked to one."""
    if not recording.is_recording():
        return call(inputs, *args, **kwargs)
    reports = []
    with recording.recorded(lambda *report: reports.append(report)):
        outputs = call(inputs, *args, **kwargs)
    a_step = len(reports) // max(1, inputs.shape[1])
    for place in range(a_step):
        inner, _ = reports[place]
        recording.report(inner, ops.stack([weights for _, weights in reports[place::a_step]], axis=1))
    return outputs


_KERAS_ATTENTION = (
    keras.layers.Attention,  # and AdditiveAttention, which derives from it
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
)
_HEARD_CALLS = {
    _KERAS_ATTENTION: _call_of_keras_attention,
    keras.layers.TimeDistributed: _call_of_all_steps,
}
