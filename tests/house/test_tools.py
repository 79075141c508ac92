"""What the tools say of themselves can be typed, and the benchmark of the tagger counts right."""

import ast
import re
import runpy
import shlex
import subprocess
import sys

import pytest

from tests.house.test_imports import ROOT

TOOLS = sorted(ROOT.glob("tools/*.py"))
TREES = {tool.name: ast.parse(tool.read_text(encoding="utf-8")) for tool in TOOLS}
TEXTS = [
    *(ast.get_docstring(tree) or "" for tree in TREES.values()),
    *((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")),
]
# As far as the remark beside it, which stands behind several spaces; or the end of a quotation.
COMMANDS = sorted(
    {line for text in TEXTS for line in re.findall(r"python tools/[^`\n]+?(?=`|\n|   |$)", text)}
)


def options_of(tree):
    """What `add_argument` is called with anywhere in a file."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    arguments = [call.args for call in calls if getattr(call.func, "attr", "") == "add_argument"]
    return {each.value for given in arguments for each in given}


@pytest.mark.parametrize("tool", TREES)
def test_a_tool_shows_how_it_is_called(tool):
    assert f"python tools/{tool}" in (ast.get_docstring(TREES[tool]) or "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_tool_has_the_options_that_are_shown(command):
    _, tool, *words = shlex.split(command, comments=True)
    known = options_of(TREES[tool.removeprefix("tools/")])
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("tool", [tool for tool in TREES if tool.startswith("benchmark_")])
def test_a_benchmark_says_what_it_measures_before_anything_slow_is_imported(tool):
    code = (
        "import runpy, sys\n"
        f"sys.argv = [{tool!r}, '--help']\n"
        "try:\n"
        f"    runpy.run_path({str(ROOT / 'tools' / tool)!r}, run_name='__main__')\n"
        "finally:\n"
        "    print('loaded:', *({'tensorflow', 'keras', 'spacy', 'torch'} & {*sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert ast.get_docstring(TREES[tool]).splitlines()[0] in done.stdout
    assert done.stdout.endswith("loaded:\n")


@pytest.fixture(scope="module")
def tagging():
    return runpy.run_path(str(ROOT / "tools/benchmark_tagging.py"))


def test_speeds_stand_beside_spacy_round_by_round(tagging):
    speeds = tagging["Speeds"](["ours", "spaCy"])
    # The machine slows down: ours is 4, 2 and 3 times as fast; as much processor time as twice the clock's.
    for ours, beside in ((1, 4), (4, 8), (10, 30)):
        speeds.add("ours", 100, ours, 2 * ours)
        speeds.add("spaCy", 100, beside, beside)
    assert speeds.row("ours", 0.1) == ["25", "2", "3.00", "12", "1.50"]  # 25 words/s, 2.5 sentences/s
    assert speeds.row("spaCy") == ["12", "1.00", "12", "1.00"]


def test_without_spacy_there_is_no_ratio(tagging):
    speeds = tagging["Speeds"](["ours"])
    speeds.add("ours", 3000, 2, 3)
    assert speeds.row("ours") == ["1,500", "–", "1,000", "–"]


def test_a_round_of_training_takes_as_many_steps_as_its_words_need(tagging):
    steps = iter([4, 3, 5, 1, 9])
    train = tagging["for_words"](steps)
    assert [train(7), train(6)] == [7, 6]
    assert list(steps) == [9]
