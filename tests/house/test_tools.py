"""What the tools say of themselves can be typed, and the benchmarks count right."""

import ast
import re
import runpy
import shlex
import subprocess
import sys

import numpy as np
import pytest

from tests.house.test_imports import ROOT

FOLDER = str(ROOT / "tools")  # where a script finds what it imports
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
        f"sys.path.insert(0, {FOLDER!r})\n"
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


@pytest.fixture(autouse=True)
def _finding_modules_as_a_script_does(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)


def the_tool(name):
    return runpy.run_path(str(ROOT / "tools" / name))


def speeds_of(names, beside):
    from side_by_side.speeds import Speeds

    return Speeds(names, beside)


def test_speeds_stand_beside_anothers_round_by_round():
    speeds = speeds_of(["ours", "spaCy"], "spaCy")
    # The machine slows down: ours is 4, 2 and 3 times as fast; as much processor time as twice the clock's.
    for ours, beside in ((1, 4), (4, 8), (10, 30)):
        speeds.add("ours", 100, ours, 2 * ours)
        speeds.add("spaCy", 100, beside, beside)
    assert speeds.row("ours", 0.1) == ["25", "2", "3.00", "12", "1.50"]  # 25 words/s, 2.5 sentences/s
    assert speeds.row("spaCy") == ["12", "1.00", "12", "1.00"]


def test_without_another_there_is_no_ratio():
    speeds = speeds_of(["ours"], "spaCy")
    speeds.add("ours", 3000, 2, 3)
    assert speeds.row("ours") == ["1,500", "–", "1,000", "–"]


def test_a_round_of_training_takes_as_many_steps_as_its_words_need():
    steps = iter([4, 3, 5, 1, 9])
    train = the_tool("benchmark_tagging.py")["for_words"](steps)
    assert [train(7), train(6)] == [7, 6]
    assert list(steps) == [9]


@pytest.mark.parametrize("work", ["training", "decoding"])
def test_growth_is_measured_of_a_model_that_learns_and_decodes(work):
    sizes = {"architecture": "rnn", "batch": 2, "length": 3, "vocabulary": 10, "steps": 1}
    milliseconds, mebibytes = the_tool("benchmark_growth.py")["model_at_work"](**sizes)[work]()
    assert milliseconds > 0 <= mebibytes


PEER = """
def contender(first):
    def add(number):
        if number < 0:
            raise ValueError("below zero")
        return first + number
    return {"add": add}
"""


@pytest.fixture
def a_peer(tmp_path, monkeypatch):
    """Of an interpreter of its own, which is given a module and nothing else of ours."""
    from side_by_side import contenders

    serving = contenders.Path(contenders.__file__).with_name("serving.py")
    (tmp_path / "serving.py").write_text(serving.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "adding.py").write_text(PEER, encoding="utf-8")
    monkeypatch.setattr(contenders, "__file__", str(tmp_path / "contenders.py"))
    peer = contenders.Peer("the adder", sys.executable, "adding", 40)
    yield peer
    peer.close()


def test_a_peer_of_another_environment_answers_and_says_how_long_it_took(a_peer):
    answer, clock, processor = a_peer.ask("add", 2)
    assert answer == 42
    assert clock > 0 <= processor


def test_what_a_peer_cannot_do_ends_the_benchmark_with_its_words(a_peer):
    with pytest.raises(SystemExit, match="the adder: (.|\n)*below zero"):
        a_peer.ask("add", -1)


@pytest.fixture(scope="module")
def translation():
    sys.path.insert(0, FOLDER)
    try:
        return the_tool("benchmark_translation.py")
    finally:
        sys.path.remove(FOLDER)


@pytest.mark.parametrize(
    ("settings", "name", "said"),
    [
        ({}, "JoeyNMT", None),
        ({"attention.score": "general"}, None, "attention.score=general"),
        ({"cell": "lstm", "decoder_units": 256}, None, "cell=lstm, decoder_units=256"),
        ({"architecture": "conv_s2s"}, None, "architecture=conv_s2s"),
        ({"architecture": "transformer"}, "CTranslate2", None),
        ({"architecture": "transformer", "positions": "rotary"}, None, "rotary"),
    ],
)
def test_another_program_is_asked_what_it_can_compute_and_nothing_else(translation, settings, name, said):
    from keras_seq.apps import Translation

    from keras_seq.text import TextEncoder

    app = Translation("base", **{**translation["SETTINGS"], **settings})
    app.source_encoder = TextEncoder.fit(["a dog runs"], keep_spaces=True, end=True)
    app.target_encoder = TextEncoder.fit(["ein Hund"], keep_spaces=True, end=True)
    found, sizes = translation["sizes_of"](app)
    assert found == name
    if said:
        assert said in sizes
    elif name == "JoeyNMT":
        assert (sizes["source_vocabulary"], sizes["target_vocabulary"]) == (6, 5)


def test_what_chance_makes_of_bleu_stands_beside_it():
    pytest.importorskip("sacrebleu")
    random = np.random.default_rng(0)
    references = [" ".join(random.choice(list("abcdefgh"), size=8)) for _ in range(60)]
    spoilt = [text if n % 3 else f"{text[:-6]} x y z" for n, text in enumerate(references)]
    by_chance = the_tool("compare_translators.py")["by_chance"]
    chances = by_chance(references, {"spoilt": spoilt, "as bad": spoilt[:], "perfect": references})
    assert chances["perfect"] == ("100.00 ± 0.00", "0.001")  # 1 of 1,001: the chance that is never below
    mean, spread = map(float, chances["spoilt"][0].split(" ± "))
    assert 0 < spread < mean < 100
    assert chances["spoilt"][1] == ""


def test_pairs_that_share_a_text_stay_on_one_side(tmp_path):
    pairs = [
        (f"text {number // 2}", f"译文 {(number + 1) // 2}") for number in range(0, 400, 2)
    ]  # each by itself
    chain = [("A dog.", "狗"), ("a  DOG.", "犬"), ("The dog.", "犬"), ("Hound", "獵犬"), ("The dog.", "獵犬")]
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in [*pairs, *chain]), encoding="utf-8")
    tool = str(ROOT / "tools" / "split_pairs.py")
    said = subprocess.run([sys.executable, tool, path, tmp_path / "out"], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    sides = [
        {
            tuple(line.split("\t"))
            for line in (tmp_path / "out" / f"{name}.tsv").read_text("utf-8").splitlines()
        }
        for name in ("train", "validation", "test")
    ]
    assert set().union(*sides) == {*pairs, *chain} and sum(map(len, sides)) == 205
    assert all(sides) and len(sides[0]) > 100
    assert any(set(chain) <= side for side in sides)
