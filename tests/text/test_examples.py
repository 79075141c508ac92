"""The examples in the docstrings of the room do what they say."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["characters", "tokenizers", "vocabulary", "encoder", "tag_schemes"])
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(f"keras_seq.text.{name}"))
    assert result.failed == 0 and result.attempted > 0
