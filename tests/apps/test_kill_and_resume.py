"""A training that is killed twenty times, in its checkpoints too, ends as if it had not been."""

import subprocess
import sys

import pytest

from tests.apps.conftest import ROOT

TOOL = ROOT / "tools" / "kill_and_resume.py"


@pytest.mark.skipif(sys.platform == "win32", reason="the tool forks")
def test_no_kill_changes_a_bit():
    # Without a recurrence a start costs little: it is traced in a moment.
    quick = ["--set", "num_layers=0", "--set", "pooling=mean"]
    done = subprocess.run(
        [sys.executable, TOOL, "--kills", "20", "--seed", "2", *quick], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    assert "20 kills" in done.stdout and "NOT" not in done.stdout
