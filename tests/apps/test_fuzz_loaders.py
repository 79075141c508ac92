"""Whatever is spoilt, and by whom: the right answer or a clear refusal, and nothing beside the folder."""

import subprocess
import sys

import pytest

from tests.apps.conftest import ROOT


@pytest.mark.skipif(sys.platform == "win32", reason="the tool forks")
def test_nobody_is_hurt_by_a_spoilt_file():
    tool = ROOT / "tools" / "fuzz_loaders.py"
    done = subprocess.run(
        [sys.executable, tool, "--app", "sentiment", "--times", "250", "--seed", "7"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-6000:]
    assert "250 cases" in done.stdout and ", 0 faults" in done.stdout
