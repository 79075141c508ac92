import functools
import inspect
import json

import keras

from keras_seq.testing.case import Case
from keras_seq.testing.differences import expect, expect_close


def config(case: Case) -> None:
    """The config goes through JSON and back, gives the same output, and holds every constructor argument."""
    layer = case.new()
    written = layer.get_config()
    read = json.loads(json.dumps(written))
    again = type(layer).from_config(read)
    expect(
        json.loads(json.dumps(again.get_config())) == read,
        f"the config changed on the way: {written} became {again.get_config()}",
    )
    case.call(again)
    again.set_weights(layer.get_weights())
    expect_close(case.run(again), case.run(layer), "the layer made again from its config", case.tolerance)

    missing = [name for name in _constructor_arguments(type(layer)) if name not in written]
    missing = [name for name in missing if _is_accepted(type(layer), read, name)]
    expect(not missing, f"the config lacks the constructor's {', '.join(missing)}")
    if isinstance(case.make, functools.partial):
        for name, value in case.make.keywords.items():
            plain = isinstance(value, (bool, int, float, str, tuple, list)) and not isinstance(
                read.get(name), dict
            )
            value = list(value) if isinstance(value, tuple) else value
            expect(
                not plain or read.get(name) == value,
                f"{name}={value!r} stands in the config as {read.get(name)!r}",
            )


def _constructor_arguments(kind):
    """Names over the class and those it derives from, up to Keras' own layer."""
    names = []
    for ancestor in kind.__mro__:
        if ancestor is keras.layers.Layer:
            break
        if "__init__" in vars(ancestor):
            parameters = list(inspect.signature(ancestor.__init__).parameters.values())[1:]
            names += [
                each.name for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
            ]
    return dict.fromkeys(names)


def _is_accepted(kind, config, name):
    """False where a class fixes an argument of the class that it derives from."""
    try:
        kind(**{**config, name: None})
    except TypeError:
        return False
    except Exception:  # accepted by name, then found to be no good value
        return True
    return True
