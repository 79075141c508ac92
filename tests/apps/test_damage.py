"""Whatever file of a run folder is damaged: the right answer, or a clear refusal."""

import sys

import pytest
from keras_seq.apps import Sentiment

from tests.apps.conftest import ROOT


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import damage_a_run

    yield damage_a_run
    for name in ("damage_a_run", "fuzzing", "fuzzing.toys"):
        sys.modules.pop(name, None)


def test_nobody_is_given_a_wrong_answer_or_a_traceback(tool, tmp_path):
    tried = list(tool.try_all(Sentiment, tool.make_run(Sentiment, tmp_path), times=300, seed=3))
    assert not [each for each in tried if each[2].startswith("WRONG")]
    files = {file.partition("/")[0] for file, _, _ in tried}
    assert files >= {"config.yaml", "model.keras", "labels.txt", "checksums.txt", "checkpoints", "logs"}
    assert {came for _, _, came in tried} == {"right", "refused"}
