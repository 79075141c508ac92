"""Every public class and function says what it is; every layer its formula, shapes, masking, an example."""

import ast
import re

import keras
import pytest

from keras_seq import layers
from tests.house.test_imports import FILES, ROOT


def public_definitions(path):
    """(line, name, docstring) of public classes and functions."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            yield node.lineno, node.name, ast.get_docstring(node)


def test_every_public_class_and_function_has_a_docstring():
    missing = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in FILES
        for line, name, docstring in public_definitions(path)
        if not docstring
    ]
    assert not missing, "\n".join(missing)


def test_every_room_says_what_it_is():
    missing = [
        str(path.relative_to(ROOT))
        for path in FILES
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not missing


def _documented(layer):
    """The docstring, and those of the layers that it refers to by 'as in `Name`'."""
    text = layer.__doc__ or ""
    for name in re.findall(r"as in `(\w+)`", text):
        text += getattr(layers, name).__doc__
    return text


PUBLIC_LAYERS = [name for name in layers.__all__ if issubclass(getattr(layers, name), keras.layers.Layer)]


@pytest.mark.parametrize("name", PUBLIC_LAYERS)
@pytest.mark.parametrize(
    "part, pattern",
    [
        ("a formula", r"\w = "),
        ("shapes", r"`\(B, "),
        ("masking", r"[Mm]ask"),
        ("an example", r"Example:\n\n\s*>>> "),
    ],
)
def test_every_layer_documents(name, part, pattern):
    layer = getattr(layers, name)
    text = layer.__doc__ or "" if part in ("a formula", "an example") else _documented(layer)
    assert re.search(pattern, text), f"{name} documents no {part}"


@pytest.mark.parametrize("name", PUBLIC_LAYERS)
def test_every_argument_of_a_layer_is_explained(name):
    layer = getattr(layers, name)
    arguments = [
        each for each in layer.__init__.__code__.co_varnames[1 : layer.__init__.__code__.co_argcount]
    ]
    text = _documented(layer)
    missing = [each for each in arguments if not re.search(rf"\b{each}\b[^\n]*: ", text)]
    assert not missing, f"{name} does not explain {missing}"
