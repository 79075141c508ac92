"""What JupyterLab says on its screen, English and another language, from the PyPI packages that translate it.

| name | package | from English into |
|---|---|---|
| `package:jupyterlab-zh` | jupyterlab-language-pack-zh-CN | Chinese |
| `package:jupyterlab-fr` | jupyterlab-language-pack-fr-FR | French |

Short commands, messages, explanations of settings. They stay as they are: %1 stands for what is filled in,
and is to be carried over. Of a sentence with a plural the singular is read. What is left out, and counted:
sentences of several lines (settings with their help), those that both languages write alike (names), and
those whose source comes again (in another part of the program).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keras_seq.data.examples import Examples, Task
from keras_seq.data.languages import choose_languages
from keras_seq.data.packages import find_in_package
from keras_seq.data.pairs import Pairs
from keras_seq.data.splitting import normalised, split_of
from keras_seq.errors import InputError

CONTEXT = "\x04"  # stands between a context and the sentence, in gettext's catalogs
SEVERAL_LINES, ALIKE, REPEATED = "several lines", "the same in both languages", "repeated sentence"


@dataclass(frozen=True)
class Pack:
    """One language pack.

    Attributes:
        package: its name on PyPI, with the version that was looked at.
        locale: the locale it is for, as its module and folder are called.
        language: the language it translates into.
    """

    package: str
    locale: str
    language: str


PACKS = {
    "package:jupyterlab-zh": Pack("jupyterlab-language-pack-zh-CN==4.5.post3", "zh_CN", "zh"),
    "package:jupyterlab-fr": Pack("jupyterlab-language-pack-fr-FR==4.5.post3", "fr_FR", "fr"),
}


def load(name: str, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read one split of a pack, from English unless the other way round is chosen.

    The packs have no split of their own; `split_of` the source makes one, about 80/10/10, so no source stands
    in two splits.

    Raises:
        InputError: the package is not installed, or carries other files than expected; a language is
            chosen that it does not have.
    """
    pack = PACKS[name]
    languages = ("en", pack.language)
    found = choose_languages(task, tuple(task.columns), languages, chosen, name, languages)
    pairs = Pairs(*task.columns)
    seen: set[str] = set()
    for path in _catalogs(name, pack):
        for sides in _sentences(name, pack, path):
            source, target = (sides[languages.index(language)] for language in found.values())
            if split_of(source) != split:
                continue
            reason = _reason_against(source, target, seen)
            if reason:
                pairs.skipped.add(reason)
                continue
            seen.add(normalised(source))
            pairs.add(source=source, target=target)
    return pairs.examples(name, split)


def _reason_against(source: str, target: str, seen: set[str]) -> str | None:
    if "\n" in source or "\n" in target:
        return SEVERAL_LINES
    if normalised(source) == normalised(target):
        return ALIKE
    return REPEATED if normalised(source) in seen else None


def _catalogs(name: str, pack: Pack) -> list[Path]:
    module = f"jupyterlab_language_pack_{pack.locale}"
    folder = f"locale/{pack.locale}/LC_MESSAGES"
    first = find_in_package(name, pack.package, module, f"{folder}/jupyterlab.json", extra="translation")
    return sorted(first.parent.glob("*.json"))


def _sentences(name: str, pack: Pack, path: Path) -> list[tuple[str, str]]:
    """Sentence and translation, of a catalog `{"context\\x04sentence": ["translation", …], "": {…}}`."""
    try:
        catalog = json.loads(path.read_text(encoding="utf-8"))
        return [
            (sentence.rpartition(CONTEXT)[2].strip(), translations[0].strip())
            for sentence, translations in catalog.items()
            if sentence
        ]
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise InputError(
            f"{name}: {path} is not the file that was expected (sentences with lists of translations).\n"
            f"Install the version that has it: pip install '{pack.package}'"
        ) from error
