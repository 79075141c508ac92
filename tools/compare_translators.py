"""Translators side by side on one test: BLEU and chrF, with what chance makes of BLEU, and BLEU by length.

    python tools/compare_translators.py runs/rnn runs/transformer --test multi30k/test_2016_flickr

Runs and exported folders alike. Each searches as its config.yaml says; --set changes that for all, and
--data, --split and the languages are those of `keras-seq translation evaluate`. With --figure it draws.

Beside BLEU stands the 95 % interval of 1,000 resampled tests (sacreBLEU's bootstrap), and beside that the
chance that a system as good as the first would do as much better or worse by luck (its paired bootstrap).
The lengths are those of the first system's tokens, so that a bucket holds the same sentences for all. The
figure is that of Bahdanau et al. 2015 (figure 2).
"""

import argparse
import contextlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from keras_seq import apps
from keras_seq import settings as settings_lib
from keras_seq.application.tensorflow_start import start_tensorflow
from keras_seq.data import Examples, load_data, read_examples
from keras_seq.metrics import bleu_by_length, translation_scores, translation_signature

RESAMPLED = 1000


def main() -> None:
    given = arguments()
    start_tensorflow()
    options = {"source_language": given.source_language, "target_language": given.target_language}
    if given.test:
        examples = read_examples(given.test, "translation", split=given.split, **options)
    else:
        examples = load_data(given.data, "translation", given.split, given.data_dir, **options)
    names = given.names or [Path(run).name for run in given.runs]
    if len(names) != len(given.runs):
        raise SystemExit(f"Expected a name for each of {len(given.runs)} runs. Received: {len(names)}.")

    translations, lengths, language = {}, None, given.target_language
    for name, run in zip(names, given.runs, strict=True):
        answers = searching(run, given.set).predict(examples["source"])
        translations[name] = [answer["translation"] for answer in answers]
        lengths = lengths or [len(answer["source_tokens"]) for answer in answers]

    show_scores(examples, translations, language)
    rows = {
        name: bleu_by_length(examples["target"], texts, lengths, language)
        for name, texts in translations.items()
    }
    show_lengths(rows)
    if given.figure:
        from keras_seq.viz import draw_length_curve

        print(draw_length_curve(rows, given.figure, Path(examples.name).name))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", help="run folders or exported ones")
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--test", help="files, as PREFIX of PREFIX.en and PREFIX.de")
    data.add_argument("--data", help="data by name")
    parser.add_argument("--split", default="test")
    parser.add_argument("--data-dir")
    parser.add_argument("--source-language")
    parser.add_argument("--target-language")
    parser.add_argument("--names", nargs="+", help="what the table calls each run; else its folder's name")
    parser.add_argument("--set", action="append", default=[], help="decoding.beam_width=1, and its like")
    parser.add_argument("--figure", help="a .png for BLEU by length")
    return parser.parse_args()


def searching(run: str, changes: Sequence[str]) -> apps.Translation:
    """The app of a folder, with other settings of its search."""
    app = apps.Translation.load(run)
    if changes:
        values = settings_lib.parse_assignments(changes)
        app.settings = settings_lib.updated(app.settings, values)
    return app


def show_scores(examples: Examples, translations: Mapping[str, list[str]], language: str | None) -> None:
    chances = by_chance(examples["target"], translations, language)
    table = Table("system", "BLEU", "95 %", "by chance", "chrF", "exact match")
    for name, texts in translations.items():
        scores = translation_scores(examples["target"], texts, language)
        spread, chance = chances[name]
        table.add_row(
            name,
            f"{scores['bleu']:.2f}",
            spread,
            chance,
            f"{scores['chrf']:.2f}",
            f"{scores['exact_match']:.4f}",
        )
    table.caption = f"{len(examples):,} sentences; {translation_signature(language)['bleu']}"
    Console().print(table)


def by_chance(
    references: Sequence[str], translations: Mapping[str, list[str]], language: str | None = None
) -> dict[str, tuple[str, str]]:
    """The 95 % interval of each system's BLEU, and the chance of its distance from the first."""
    from sacrebleu.metrics import BLEU
    from sacrebleu.significance import PairedTest

    tokens = dict(part.split(":") for part in translation_signature(language)["bleu"].split("|"))["tok"]
    systems = list(translations.items())
    test = PairedTest(
        systems,
        {"BLEU": BLEU(tokenize=tokens, references=[references])},
        references=None,
        test_type="bs",
        n_samples=RESAMPLED,
    )
    with contextlib.redirect_stderr(io.StringIO()):
        _, results = test()
    return {
        name: (
            f"{result.mean:.2f} ± {result.ci:.2f}",
            "" if result.p_value is None else f"{result.p_value:.3f}",
        )
        for (name, _), result in zip(systems, results["BLEU"], strict=True)
    }


def show_lengths(rows: Mapping[str, list[dict[str, float]]]) -> None:
    first = next(iter(rows.values()))
    table = Table("source tokens", "sentences", *rows, title="BLEU by length")
    for place, row in enumerate(first):
        scores = [f"{each[place]['bleu']:.2f}" for each in rows.values()]
        table.add_row(f"{row['shortest']}-{row['longest']}", f"{row['sentences']:,}", *scores)
    Console().print(table)


if __name__ == "__main__":
    main()
