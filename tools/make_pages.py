"""The pages of the layers, made from their docstrings, and the table of layers in the README.

    python tools/make_pages.py            write keras_seq/layers/*/README.md and the table
    python tools/make_pages.py --check    only say what is not as it would be written, with status 1

A page a room: for each public class its formula, call, shapes, example, paper, and a picture of its weights
(drawn by tools/pictures.py). Between `<!-- layers -->` and `<!-- /layers -->` in the README stands a table of
all layers: file, proof (its test, found by its name) and paper.
"""

import argparse
import importlib
import inspect
import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_seq import layers  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
HEADS = re.compile(
    r"\A(Call arguments[\w ,]*|Masking|Numerics|Cost|Training|Units|Differs from [^:]*|References?): "
)
MADE = "<!-- Made by tools/make_pages.py from the docstrings: change those. -->"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    texts = dict(pages())
    texts[ROOT / "README.md"] = readme()
    wrong = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in wrong:
        if check:
            print(f"{path.relative_to(ROOT)} is not what its docstrings say: run python tools/make_pages.py")
        else:
            path.write_text(text := texts[path], encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {len(text):,} characters")
    sys.exit(1 if check and wrong else 0)


def pages() -> Iterator[tuple[Path, str]]:
    """The page of each room: its path and its text."""
    for room in rooms():
        folder = Path(room.__file__).parent
        parts = [MADE, f"# {room.__name__.split('.')[-1]}", inspect.getdoc(room)]
        for package in (room, *subpackages(room)):
            if package is not room:
                parts += [f"## {package.__name__.split('.')[-1].capitalize()}", inspect.getdoc(package)]
            for each in public_classes(package):
                parts += section(each, folder, level=2 if package is room else 3)
        yield folder / "README.md", "\n\n".join(parts) + "\n"


def section(each: type, folder: Path, level: int) -> list[str]:
    """What a page says of one class."""
    path = Path(inspect.getfile(each))
    links = [f"[code]({relative(path, folder)})"]
    if proof := proof_of(each):
        links.append(f"[proof]({relative(proof, folder)})")
    picture = picture_of(each)
    shown = [f"![weights of {each.__name__}]({relative(picture, folder)})"] if picture.exists() else []
    return [f"{'#' * level} {each.__name__}", " · ".join(links), *shown, *markdown(inspect.getdoc(each))]


def readme() -> str:
    """The README with its table of layers made new."""
    text = (ROOT / "README.md").read_text("utf-8")
    rows = ["| layer | what it is | proof | paper |", "|---|---|---|---|"]
    for room in rooms():
        title = room.__name__.split(".")[-1]
        page = relative(Path(room.__file__).parent / "README.md", ROOT)
        rows.append(f"| **[{title}]({page})** | | | |")
        for each in public_classes(room):
            if each.__name__ not in layers.__all__:
                continue
            summary = inspect.getdoc(each).splitlines()[0].rstrip(".").replace("|", "\\|")
            proof = proof_of(each)
            shown = f"[test]({relative(proof, ROOT)})" if proof else "[laws](tests/laws/test_laws.py)"
            code = relative(Path(inspect.getfile(each)), ROOT)
            rows.append(f"| [`{each.__name__}`]({code}) | {summary} | {shown} | {paper_of(each)} |")
    begin, end = "<!-- layers -->\n", "<!-- /layers -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{chr(10).join(rows)}\n{end}{after}" if after else text


def rooms() -> list:
    """The packages of keras_seq.layers."""
    found = pkgutil.iter_modules(layers.__path__, f"{layers.__name__}.")
    return [importlib.import_module(each.name) for each in found if each.ispkg]


def subpackages(room) -> list:
    """The packages inside a room."""
    found = pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
    return [importlib.import_module(each.name) for each in found if each.ispkg]


def public_classes(package) -> list[type]:
    """The classes that a package offers, in its order."""
    named = [getattr(package, name) for name in package.__all__]
    return [each for each in named if inspect.isclass(each) and each.__module__.startswith(package.__name__)]


def proof_of(each: type) -> Path | None:
    """The test of a class: the one named for its file, else the one of its room that speaks of it most."""
    path = Path(inspect.getfile(each)).relative_to(ROOT / "keras_seq")
    named = ROOT / "tests" / path.parent / f"test_{path.stem}.py"
    if named.exists():
        return named
    room = ROOT / "tests" / Path(*path.parts[:2])
    spoken = {
        test: len(re.findall(rf"\b{each.__name__}\b", test.read_text("utf-8"))) for test in room.rglob("*.py")
    }
    most = max(sorted(spoken), key=spoken.get, default=None)
    return most if most and spoken[most] else None


def picture_of(each: type) -> Path:
    """Where the picture of a class's weights stands."""
    path = Path(inspect.getfile(each))
    return (
        ROOT
        / "keras_seq/layers"
        / path.relative_to(ROOT / "keras_seq/layers").parts[0]
        / "pictures"
        / (f"{path.stem}.svg")
    )


def paper_of(each: type) -> str:
    """The papers of a class as the table names them: first author and year."""
    found = re.search(r"^References?: (.*?)(\n\n|\Z)", inspect.getdoc(each), flags=re.DOTALL | re.MULTILINE)
    if not found:
        return ""
    text = " ".join(found.group(1).split())
    author_and_year = r"(?:dos )?[A-Z][\w-]+(?: (?:&|and) [A-Z][\w-]+| et al\.)? \d{4}"
    return ", ".join(dict.fromkeys(re.findall(author_and_year, text)))


def relative(path: Path, folder: Path) -> str:
    """The path as a link on a page in the folder."""
    return Path(os.path.relpath(path, folder)).as_posix()


def markdown(docstring: str) -> list[str]:
    """A docstring of the house as Markdown: formulas and examples as code, sections as lists."""
    summary, *blocks = re.split(r"\n\s*\n", docstring)
    parts = [" ".join(summary.split())]
    for block in blocks:
        lines = block.splitlines()
        head = re.fullmatch(r"([A-Z][\w ,']*):", lines[0])
        if lines[0].startswith(">>>"):
            parts.append("```pycon\n" + block + "\n```")
        elif all(line.startswith("    ") for line in lines):
            parts.append("```\n" + inspect.cleandoc(block) + "\n```")
        elif head and len(lines) == 1:
            parts.append(f"**{head.group(1)}**")
        elif head and lines[1].lstrip().startswith(">>>"):
            parts.append(f"**{head.group(1)}**\n\n```pycon\n{inspect.cleandoc(chr(10).join(lines[1:]))}\n```")
        elif head:
            parts.append(f"**{head.group(1)}**\n\n" + "\n".join(entries(lines[1:])))
        else:
            parts.append(HEADS.sub(r"**\1**: ", " ".join(block.split())))
    return parts


def entries(lines: list[str]) -> list[str]:
    """Indented entries, `name: text` with its continuation, as a list."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    found: list[str] = []
    for line in lines:
        deeper = len(line) - len(line.lstrip()) > indent
        if deeper and found:
            found[-1] += " " + line.strip()
        else:
            found.append(line.strip())
    named = [re.fullmatch(r"([\w*`, ]+): (.*)", each) for each in found]
    if not all(named):
        return [" ".join(found)]
    return [f"- `{each.group(1)}`: {each.group(2)}" for each in named]


if __name__ == "__main__":
    main()
