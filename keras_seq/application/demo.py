"""The main job on real data, from text to phone, in one command."""

import itertools
import time
from pathlib import Path

from rich.console import Console

from keras_seq.application import verbs
from keras_seq.application.app import App
from keras_seq.errors import InputError, Interrupted

__all__ = ["demo"]

_SHOWN = 4  # test examples whose picture is drawn


def demo(kind: type[App], run: str | None = None) -> None:
    """Train the small preset, score it on held-out examples, draw where it looked, export it twice, compare.

    Args:
        kind: the app.
        run: the run folder; `runs/demo`, or the first `runs/demo-2`, … that is free, unless told.
    """
    begun = time.monotonic()
    folder = Path(run) if run is not None else _free(Path("runs/demo"))
    out = Console(soft_wrap=True, highlight=False, markup=False)

    out.print(f"1. Train the preset small on {kind.default_data['small']}")
    app = verbs.train(kind, run=str(folder), preset="small", changes={"data": kind.default_data["small"]})

    try:
        _after_training(kind, app, folder, out, begun)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Interrupted. The trained model is in {folder}:\n  keras-seq {kind.name} evaluate {folder}"
        ) from None


def _after_training(kind, app, folder, out, begun):
    out.print("2. Score it on the test split, which it has never seen")
    result = verbs.evaluate(kind, str(folder))
    verbs.print_scores(result)

    out.print("3. See where it looked")
    texts = _short_texts(app)
    views = [app.view(answer) for answer in app.predict(texts)]
    for view in views:
        out.print(view.terminal())
    for name in ("inspect.html", "inspect.png"):
        try:
            out.print(f"   {verbs.inspect(kind, str(folder), texts, str(folder / name))}")
        except InputError as error:  # no matplotlib: the page is there all the same
            verbs.say(str(error))

    out.print("4. Take it away: a SavedModel, and a .tflite for the phone")
    reports = {}
    for format, quantize in (("saved_model", "none"), ("tflite", "int8")):
        reports[format] = verbs.export(
            kind, str(folder), format=format, quantize=quantize, length=None, output=str(folder / format)
        )
        verbs.print_report(reports[format])

    out.print("5. The same question to all three")
    for place in (folder, folder / "saved_model", folder / "tflite"):
        answer = kind.load(place).predict(texts[:1])[0]
        top = max(answer["probabilities"].values())
        out.print(f"   {place}: {answer['label']} {top:.4f}")

    minutes, seconds = divmod(int(time.monotonic() - begun), 60)
    score = result["metrics"][app.monitor]
    out.print(
        f"Done in {minutes} min {seconds:02d} s: test {app.monitor} {score:.4f}. It is all in {folder}. Try:"
    )
    out.print(f'   keras-seq {kind.name} predict {folder / "tflite"} "a film to remember"')
    out.print(f"   tensorboard --logdir {folder / 'logs'}")


def _free(path: Path) -> Path:
    """The path, or the first of path-2, path-3, … where nothing stands: no earlier demo is lost."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _short_texts(app: App) -> list[str]:
    """A few texts of the test split that fit on a screen, with different answers."""
    from keras_seq.data import load_data

    columns = load_data(app.settings.data, app.task, split="test").columns.values()
    examples = sorted(zip(*columns, strict=True), key=lambda example: abs(len(example[0]) - 400))
    by_answer: dict = {}
    for text, answer in examples:
        by_answer.setdefault(answer, []).append(text)
    return [text for group in itertools.zip_longest(*by_answer.values()) for text in group if text][:_SHOWN]
