"""The verbs: train, evaluate, predict, inspect, export. Written once, for every app.

Results go to standard output, progress and remarks to standard error.
"""

import contextlib
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from keras_seq import settings as settings_lib
from keras_seq.application.app import App
from keras_seq.application.run_folder import RunFolder, read_yaml
from keras_seq.application.run_lock import only_training_in
from keras_seq.application.tensorflow_start import start_tensorflow
from keras_seq.errors import InputError, Interrupted
from keras_seq.export import kind_of, verify
from keras_seq.export.options import check_options
from keras_seq.files import remove_unfinished
from keras_seq.training.computing import Computing

__all__ = ["evaluate", "export", "inspect", "predict", "train"]

_TEXTS_AT_ONCE = 512
_CHECKED_EXAMPLES = 2000  # what the exported file is compared on, at most


def say(line: str) -> None:
    """A remark for the person, on standard error."""
    Console(stderr=True).print(line, highlight=False, markup=False, soft_wrap=True)


def train(
    kind: type[App],
    *,
    run: str,
    preset: str | None = None,
    config: str | None = None,
    changes: Mapping[str, Any],
    resume: bool = False,
    **computing: Any,
) -> App:
    """Train an app and leave a run folder.

    Args:
        kind: the app.
        run: the run folder; new, or with `resume` an interrupted one.
        preset: name of the settings to start from.
        config: a YAML file of settings, over the preset's.
        changes: settings by name, over both.
        resume: go on from the run's last checkpoint.
        computing: where and how to compute, as `keras_seq.training.Computing` takes it.
    """
    folder, asked = RunFolder(run), Computing(**computing)
    asked.check()
    is_chief = asked.is_chief
    tell = say if is_chief else lambda line: None
    if is_chief:
        folder.require_writable()
    with contextlib.ExitStack() as until_done:
        if resume:
            folder.read_config()  # what is wrong with the folder is said at once
            if is_chief:
                until_done.enter_context(only_training_in(folder.path))
            if preset or config:
                raise InputError(
                    "--resume goes on with the settings in the run folder: leave --preset and --config out."
                )
            app, going_on, asked = _interrupted_app(kind, folder, changes, asked)
        else:
            app, going_on = _new_app(kind, preset, config, changes), False
            if is_chief and not folder.is_empty:
                folder.create()  # says why not, before anything takes time
        place = until_done.enter_context(_place(asked)) if asked.is_told else None
        if (app.settings.data or "").startswith("tfds:"):  # reading it starts TensorFlow anyway
            start_tensorflow()
        examples, validation = map(app.ready, _training_examples(app))
        for line in (*examples.summary(), *validation.summary()):
            tell(line)

        place = place or until_done.enter_context(_place(asked))
        from keras_seq.application.trainer import train as fit

        if not resume:
            app.settings = _with_static_shapes(app.settings, place, changes)
            if is_chief:
                folder.create()
                until_done.enter_context(only_training_in(folder.path))
                remove_unfinished(folder.path)
        try:
            tell(f"Training on {place.told}; TensorBoard: tensorboard --logdir {folder.logs}")
            fit(app, examples, validation, run=folder, resume=going_on, place=place, verbose=int(is_chief))
        except KeyboardInterrupt:
            raise Interrupted(_what_was_saved(kind, folder)) from None
    best = app.facts["metrics"]["validation"][app.monitor]
    seconds = app.facts["train_seconds"]
    tell(f"Validation {app.monitor} {best:.4f} after {seconds:.0f} s. The run is in {folder.path}; next:")
    tell(f"  keras-seq {app.name} evaluate {folder.path}")
    return app


def _new_app(kind, preset, config, changes):
    if config is None:
        app = kind(preset or "small")
    else:
        app = kind.from_config(read_yaml(config), origin=config, preset=preset)
    app.settings = settings_lib.updated(app.settings, changes)
    if not (app.settings.data or app.settings.train):
        app.settings = settings_lib.updated(app.settings, {"data": kind.default_data[app.preset]})
    return app


@contextlib.contextmanager
def _place(asked):
    """Starts TensorFlow; inside, models are trained as asked."""
    start_tensorflow(find_devices=asked.strategy != "multi_worker")
    from keras_seq.training import computing_on

    with computing_on(asked) as place:
        yield place


def _with_static_shapes(settings, place, changes):
    """The settings of a new training, its batches in few shapes where each would be compiled anew."""
    if place.wants_static_shapes and "static_shapes" not in changes:
        return settings_lib.updated(settings, {"static_shapes": True})
    return settings


def _interrupted_app(kind, folder, changes, asked):
    """The app of a run folder, whether there is a checkpoint to go on from, and how it is to compute."""
    start_tensorflow(find_devices=asked.strategy != "multi_worker")
    from keras_seq.application.resuming import clear_away, precision_of, settings_for_resume

    app = kind.from_config(folder.read_config(), origin=folder.config)
    app.settings = settings_for_resume(app, changes)
    going_on = clear_away(folder) if asked.is_chief else bool(precision_of(folder))
    if going_on:
        verify(folder.path)
        app.load_parts(folder.path)
        app.facts = folder.read_metrics()
        asked = asked.with_precision(precision_of(folder) or "off")
        asked.check()
    elif asked.is_chief:
        say(f"{folder.path} was interrupted before anything was saved: its training begins again.")
    return app, going_on, asked


def evaluate(
    kind: type[App],
    folder: str,
    *,
    data: str | None = None,
    test: str | None = None,
    split: str = "test",
    data_dir: str | None = None,
    columns: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    with_tables: bool = False,
):
    """Score a run or an exported folder.

    Args:
        kind: the app.
        folder: a run or an exported folder.
        data: named data; without it and `test`, the data that it was trained on.
        test: file or folder of examples.
        split: which split of named data.
        data_dir: the folder of TensorFlow Datasets.
        columns: the app's data options; of those not said, a file of the training's kind is read as that.
        changes: settings to use the model with, of the app's `changeable`.
        with_tables: also give the app's tables for a person.

    Returns:
        `{"app", "data", "split", "examples", "metrics", "signature"}`, with the tables as a pair.
    """
    from keras_seq import __version__
    from keras_seq.data import load_data, read_examples

    columns = {option: value for option, value in (columns or {}).items() if value is not None}

    app = _load(kind, folder, changes)
    if test is not None:
        if data is not None:
            raise InputError("Give either --data or --test, not both.")
        is_alike = app.settings.train is not None and Path(test).suffix == Path(app.settings.train).suffix
        columns = {**(app.data_columns() if is_alike else {}), **columns}
        examples = read_examples(test, app.task, split=split, **columns)
    else:
        name = data or app.settings.data
        if name is None:
            raise InputError("This was trained on files: say with --test or --data what to evaluate on.")
        columns = {**(app.data_columns() if name == app.settings.data else {}), **columns}
        examples = load_data(name, app.task, split, data_dir or app.settings.data_dir, **columns)
    if len(examples):
        examples = app.ready(examples)
    for line in examples.summary():
        say(line)
    if not len(examples):
        raise InputError(f"{examples.title} holds no examples.")
    scores, tables = app.report(examples) if with_tables else (app.scores(examples), [])
    result = {
        "app": app.name,
        "data": examples.name,
        "split": examples.split,
        "examples": len(examples),
        "metrics": scores,
        "signature": {**app.signature(), "keras_seq": __version__},
    }
    return (result, tables) if with_tables else result


def print_scores(result: Mapping[str, Any], tables: Sequence[Any] = ()) -> None:
    """The result of `evaluate`, for a person; the tables stand before it."""
    for each in tables:
        Console().print(each)
    table = Table("metric", "value", title=f"{result['app']} on {result['data']}, {result['split']}")
    for name, value in result["metrics"].items():
        table.add_row(name, f"{value:.4f}")
    table.caption = f"{result['examples']:,} examples"
    Console().print(table)


def predict(
    kind: type[App],
    folder: str,
    texts: Sequence[str],
    *,
    input: str | None,
    as_json: bool,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Answer texts: as JSON, one object a line, or coloured for a person.

    Args:
        kind: the app.
        folder: a run or an exported folder.
        texts: texts as arguments.
        input: a file with one text a line, `-` for standard input.
        as_json: print JSON alone.
        changes: as in `evaluate`.
    """
    if texts and input is not None:
        raise InputError("Give texts, or --input with a file of them, not both.")
    if not texts and input is None:
        raise InputError(
            "Say what to predict: texts in quotes, or --input FILE with one a line (- is standard input)."
        )
    for text in texts:
        if not text.strip():
            raise InputError(f"An empty text has nothing to judge. Received: {text!r}.")
    lines = texts or _lines(input)
    app = _load(kind, folder, changes)
    out = Console()
    answered = empty = cut = foreign = 0
    for some in _chunks(lines, _TEXTS_AT_ONCE):
        for answer in app.predict(some):
            read = answer.get("source_tokens", answer["tokens"])
            empty += not read
            cut += len(read) >= app.most_tokens
            foreign += not app.reads(answer)
            answered += 1
            if as_json:
                sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
            else:
                out.print(app.view(answer).terminal(), soft_wrap=not out.is_terminal)
    if not answered:
        raise InputError(f"{input} holds no texts. Expected one a line.")
    if empty:
        say(f"{empty} text(s) hold no word at all: they have no answer.")
    if foreign:
        say(
            f"{foreign} text(s) hold no word that the model knows: their answers mean nothing. "
            "Is it their language, and their script?"
        )
    if cut:
        say(f"{cut} text(s) are read up to {app.most_tokens:,} tokens; what follows is not looked at.")


def inspect(
    kind: type[App],
    folder: str,
    texts: Sequence[str],
    output: str,
    token: int | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Path:
    """Write a page or a picture of where the model looked.

    Args:
        kind: the app.
        folder: a run or an exported folder.
        texts: what to look at.
        output: a `.html` or `.png` file.
        token: instead of the whole text's answer, of which token to show where it looked, from 0.
        changes: as in `evaluate`.
    """
    from keras_seq import viz

    if not any(text.strip() for text in texts):
        raise InputError("Say which text to inspect, in quotes: an empty one has nothing to show.")
    app = _load(kind, folder, changes)
    answers = app.predict(list(texts))
    if token is not None:
        answers = [app.looked_from(answer, token) for answer in answers]
    return viz.write([app.view(answer) for answer in answers], output)


def export(
    kind: type[App],
    folder: str,
    *,
    format: str,
    quantize: str,
    length: int | None,
    output: str,
    changes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Export a run, check the exported file against it, and say what it costs.

    Args:
        kind: the app.
        folder: a run folder.
        format: `saved_model` or `tflite`.
        quantize: `none`, `float16` or `int8`.
        length: fixed number of tokens, or None.
        output: the folder to write.
        changes: as in `evaluate`; the exported model holds them.
    """
    check_options(format, quantize, length)
    app = _load(kind, folder, changes)
    return app.export(output, format=format, quantize=quantize, length=length, sample=sample(app))


def _load(kind: type[App], folder: str, changes: Mapping[str, Any] | None = None) -> App:
    RunFolder(folder).read_config()  # what is wrong with the folder is said at once
    if kind_of(folder) != "tflite":  # that one needs no TensorFlow
        start_tensorflow()
    app = kind.load(folder)
    app.change(**(changes or {}))
    return app


def sample(app: App):
    """Real examples to compare an exported file on: the run's validation examples, where they are at hand."""
    from keras_seq.data import load_data, read_examples

    settings = app.settings
    columns = app.data_columns()
    try:
        if settings.data is not None:
            examples = load_data(settings.data, app.task, "validation", data_dir=settings.data_dir, **columns)
        elif settings.valid is not None:
            examples = read_examples(settings.valid, app.task, split="validation", **columns)
        else:
            return None
    except InputError as error:
        say(f"The run's data is not at hand, the check uses generated texts: {str(error).splitlines()[0]}")
        return None
    return examples.head(_CHECKED_EXAMPLES)


def _training_examples(app: App):
    """Training and validation examples by the settings; a tenth is held out where no validation is given."""
    from keras_seq.data import hold_out, load_data, read_examples

    settings = app.settings
    columns = app.data_columns()
    if settings.train is not None:
        if settings.data is not None:
            raise InputError("Give either --data or --train, not both.")
        examples = read_examples(settings.train, app.task, split="train", **columns)
        app.check(examples)
        if settings.valid is None:
            return hold_out(examples)
        return examples, read_examples(settings.valid, app.task, split="validation", **columns)
    if settings.valid is not None:
        raise InputError("--valid goes with --train; --data has a validation split of its own.")
    examples, validation = (
        load_data(settings.data, app.task, split=split, data_dir=settings.data_dir, **columns)
        for split in ("train", "validation")
    )
    app.check(examples)
    return examples, validation


def _what_was_saved(kind: type[App], folder: RunFolder) -> str:
    from keras_seq.training.checkpoints import latest_checkpoint

    last, _ = latest_checkpoint(folder.checkpoints)
    saved = f"Saved in {folder.path}: {last.progress}." if last else f"{folder.path} holds no checkpoint yet."
    return f"Interrupted. {saved} Go on with:\n  keras-seq {kind.name} train --resume --run {folder.path}"


def _lines(source: str) -> Iterator[str]:
    """The lines of a UTF-8 file or of standard input, one text each.

    Raises:
        InputError: there is no such file, or a line is not UTF-8.
    """
    try:
        stream = sys.stdin.buffer if source == "-" else open(source, "rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}.") from error
    with stream:
        for number, line in enumerate(stream, start=1):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{source}, line {number}: byte {error.start + 1} is not UTF-8.\n"
                    "Expected text in UTF-8, one a line."
                ) from error
            yield text.removeprefix("\ufeff" if number == 1 else "").rstrip("\r\n")


def _chunks(items: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(items)
    while some := list(itertools.islice(iterator, size)):
        yield some


def print_report(report) -> None:
    """What an export wrote and what its check measured, for a person."""
    out = Console(soft_wrap=True, highlight=False, markup=False)
    size = sum(report.files.values()) / 1e6
    quantized = "" if report.quantize == "none" else f", {report.quantize}"
    out.print(
        f"{report.folder}: {report.format}{quantized}, {size:.2f} MB, checked, in {report.seconds:.0f} s"
    )
    worst = max(report.parity.differences.values(), default=0.0)
    same = "".join(f", same {kind} {share:.2%}" for kind, share in report.parity.agreement.items())
    out.print(f"   {report.parity.texts} texts against the Keras model: largest difference {worst:.1e}{same}")
    for metric, before in report.scores.get("before", {}).items():
        out.print(
            f"   {metric} on labelled texts: {before:.4f} before, {report.scores['after'][metric]:.4f} after"
        )
