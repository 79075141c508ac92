"""The `config.json` of a `.keras` file: only layers, and nothing that they are told is out of proportion."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["check_config"]

# Modules of Keras whose classes compute, and are no more than that.
_COMPUTING = (
    *("activations", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics"),
    *("ops", "optimizers", "quantizers", "regularizers"),
    *("src.ops", "src.models.functional", "src.models.sequential", "src.optimizers"),
)
# They bring code of their own, or read files.
_REFUSED = {
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization"),
}
_PLAIN = {"__keras_tensor__", "__ellipsis__", "__slice__"}  # of what stands for values in it
_ANY_SIZE = {"seed", "shared_object_id"}  # numbers by these names count nothing
_ALWAYS = 10_000  # tokens of a text, say: no matter how small a model is


def check_config(config: Any, is_registered: Callable[[str], bool], longest: int) -> None:
    """Refuse the description of a model that holds code, a foreign class, or sizes that its weights have not.

    Args:
        config: what `config.json` holds.
        is_registered: whether a name is that of a class that this process has registered with Keras.
        longest: the longest axis of the weights. What counts steps, units or repetitions is no larger.

    Raises:
        ValueError: with the reason.
    """
    most, waiting = max(longest, _ALWAYS), [("", config)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Mapping):
            if "class_name" in value:
                _check_class(value, is_registered)
            waiting.extend(value.items())
        elif isinstance(value, list):
            waiting.extend((name, each) for each in value)
        elif isinstance(value, int) and abs(value) > most and name not in _ANY_SIZE:
            shown = value if abs(value) < 10**20 else "a number of many digits"
            raise ValueError(
                f"{name[:40]!r} in it is {shown}, and no axis of its weights is longer than {most}"
            )


def _check_class(config, is_registered):
    name, module = config["class_name"], config.get("module")
    if not isinstance(name, str) or not isinstance(module, str | None):
        raise ValueError("a class in it has no name")
    if name in _REFUSED or (name.startswith("__") and name not in _PLAIN):
        raise ValueError(f"{name[:80]} in it may run code or read files, and is never loaded")
    registered = config.get("registered_name")
    if module is None or name in _PLAIN or (isinstance(registered, str) and is_registered(registered)):
        return
    if module in ("keras", "builtins"):
        return
    if not any(module == f"keras.{each}" or module.startswith(f"keras.{each}.") for each in _COMPUTING):
        raise ValueError(f"{module[:60]}.{name[:60]} in it is a class that is not known here")
