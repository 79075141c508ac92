"""Shared by all tests: quiet libraries in haste, little collecting of garbage, and a random generator."""

import gc
import os

# Before the first import of TensorFlow.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# XLA on a CPU: of tiny models, compiling is what takes the time, not what is compiled.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false")

import numpy as np
import pytest
from hypothesis import settings

# No test is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Tracing makes much that lives long: looking through it again and again for garbage took a tenth of the time.
gc.set_threshold(10_000, 10, 10)


def pytest_collection_finish():
    """What was imported lives to the end, and is looked through no more."""
    gc.freeze()


@pytest.fixture
def random() -> np.random.Generator:
    """A random generator that starts anew for each test."""
    return np.random.default_rng(20)
