"""The pages of the layers and the README's table say what the docstrings say."""

import subprocess
import sys

from tests.house.test_imports import ROOT


def test_pages_and_table_are_as_the_docstrings_make_them():
    tool = ROOT / "tools/make_pages.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_picture_belongs_to_a_layer():
    for picture in ROOT.glob("keras_seq/layers/*/pictures/*.svg"):
        assert (picture.parents[1] / f"{picture.stem}.py").exists(), picture.name
