"""What the README says can be typed, opened and run."""

import re
import shlex
from pathlib import Path

import pytest

from keras_seq.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)
LINES = [line for kind, block in BLOCKS if not kind for line in block.splitlines()]
COMMANDS = sorted(
    {line[line.index("keras-seq ") :].split(" | ")[0] for line in LINES if "keras-seq " in line}
)


def help_of(words, capsys):
    with pytest.raises(SystemExit) as leaving:
        main([*words, "--help"])
    assert leaving.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_the_verbs_and_options_that_are_shown(command, capsys):
    words = shlex.split(command, comments=True)[1:]
    path = words[:1] if words[0] == "demo" else words[:2]
    text = help_of(path, capsys)
    for option in (word for word in words if word.startswith("--")):
        assert f"{option} " in text or f"{option}\n" in text, option


def test_every_link_into_the_repository_leads_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_layers_example_runs():
    (example,) = [block for kind, block in BLOCKS if kind == "python" and "keras.Model(" in block]
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    assert names["model"].output_shape == (None, 2)


def test_the_tools_that_are_named_exist():
    named = set(re.findall(r"tools/\w+\.py", README))
    assert named
    assert all((ROOT / tool).is_file() for tool in named)
    assert {f"tools/{path.name}" for path in (ROOT / "tools").glob("*.py")} <= named


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_the_two_commands_stand_between_their_marks(name):
    (block,) = re.findall(rf"<!-- {name} -->\n```\n(.*?)```\n<!-- /{name} -->", README, flags=re.DOTALL)
    assert block.startswith("python3 -m venv .venv && . .venv/bin/activate && pip install -e ")
