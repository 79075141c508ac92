"""Packages whose names are imported when first used, so that looking at one does not start TensorFlow."""

import importlib

__all__ = ["attach"]


def attach(package: str, modules: dict[str, str]):
    """What a package's `__init__` needs to serve each name from the module that holds it.

        __getattr__, __dir__, __all__ = attach(__name__, {"Thing": "thing"})

    Args:
        package: the package's `__name__`.
        modules: name -> module inside the package.
    """
    names = sorted(modules)

    def __getattr__(name):
        if name in modules:
            return getattr(importlib.import_module(f"{package}.{modules[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def __dir__():
        return names

    return __getattr__, __dir__, names
