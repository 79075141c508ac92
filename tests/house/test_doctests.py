"""The examples in the docstrings run and give what they say."""

import doctest
import importlib

import pytest

from tests.house.test_imports import FILES, ROOT, room_of

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in FILES
    if path.parent.name != "apps"
    and path != ROOT / "keras_seq/__init__.py"
    and path.name != "reload.py"
    and room_of(path)
    in ("decoding", "errors", "layers", "losses", "metrics", "models", "ops", "settings", "testing")
    and ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted and not result.failed
