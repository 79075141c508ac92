"""Shared by all tests: quiet libraries, and the sizes that no two axes share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the first import of TensorFlow

import numpy as np
import pytest


@pytest.fixture
def random() -> np.random.Generator:
    """A random generator that starts anew for each test."""
    return np.random.default_rng(20)
