"""One command, `keras-seq APP VERB`: a thin shell over the verbs."""

import errno
import inspect
import json
import os
import sys
import traceback
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from keras_seq.errors import InputError, Interrupted

__all__ = ["main"]

# TensorFlow's own remarks are not for the person at the command line.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

_NO_ROOM_OR_RIGHT = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM)
PLEASE_DEBUG = "That is a fault of keras_seq, not yours. The whole story: the same command with --debug."

cli = typer.Typer(
    name="keras-seq",
    help="Attention models for text: train, look inside, take away.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data_cli = typer.Typer(help="The data sets that can be named.", no_args_is_help=True)
cli.add_typer(data_cli, name="data")


def main(arguments: list[str] | None = None) -> None:
    """Run the command; leave with 0 done, 1 our fault, 2 the person's input, 130 interrupted."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    sys.exit(_status([argument for argument in arguments if argument != "--debug"], debug))


def _status(arguments: list[str], debug: bool) -> int:
    try:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # text is UTF-8, whatever the terminal's settings say
                stream.reconfigure(encoding="utf-8", errors="replace")
        for name in _asked(arguments):
            _add_app(name)
        return cli(arguments, standalone_mode=False) or 0
    except InputError as error:
        return _explain(str(error), 2, debug)
    except Interrupted as interruption:
        return _explain(str(interruption), 130, debug)
    except (KeyboardInterrupt, typer.Abort):
        return _explain("Interrupted.", 130, debug)
    except typer.Exit as leaving:
        return leaving.exit_code
    except SystemExit:  # Typer's answer to a reader that has seen enough, as `head` has
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM_OR_RIGHT:
            return _explain(f"{error.filename or 'A file'} could not be written: {error.strerror}.", 2, debug)
        if type(error).__name__ == "ExportError":  # (its module would load the whole room)
            return _explain("\n".join(str(error).splitlines()[:3]), 1, debug)
        if hasattr(error, "format_message"):  # an argument that Typer refused, or none at all
            message = error.format_message()
            helped = message.startswith("Usage:")
            return _explain(message if helped else f"{message} Help: keras-seq --help", 2, debug)
        return _explain(f"{type(error).__name__}: {_first_line(error)}\n{PLEASE_DEBUG}", 1, debug)


def _explain(text: str, status: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(text, file=sys.stderr)
    return status


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "")[:300]


def _apps() -> dict[str, str]:
    from keras_seq.apps import APPS

    return APPS


def _asked(arguments: list[str]) -> list[str]:
    """The apps that a command needs: the one that it names, or all. Each takes time to import."""
    return [name for name in arguments[:1] if name in _apps()] or list(_apps())


def _app_class(name: str):
    from keras_seq import apps

    return getattr(apps, _apps()[name])


Folder = Annotated[str, typer.Argument(metavar="DIR", help="a run folder or an exported folder")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON alone on standard output")]


def _add_app(name: str) -> None:
    """The five verbs of one app."""
    kind = _app_class(name)
    group = typer.Typer(help=_first_line_of(kind), no_args_is_help=True)
    cli.add_typer(group, name=name)
    options = _data_options(kind)

    def train(
        run: Annotated[str, typer.Option(metavar="DIR", help="folder for everything the run leaves")],
        data: Annotated[
            str | None, typer.Option(metavar="NAME", help="named data: keras-seq data list")
        ] = None,
        data_dir: Annotated[
            str | None, typer.Option(metavar="DIR", help="folder of TensorFlow Datasets")
        ] = None,
        train: Annotated[
            str | None, typer.Option(metavar="F", help="file or folder of training examples")
        ] = None,
        valid: Annotated[
            str | None, typer.Option(metavar="F", help="file or folder of validation examples")
        ] = None,
        preset: Annotated[str | None, typer.Option(help=" | ".join(kind.presets))] = None,
        config: Annotated[
            str | None, typer.Option(metavar="F.yaml", help="settings, as in a run's config.yaml")
        ] = None,
        set: Annotated[
            list[str], typer.Option("--set", metavar="KEY=VALUE", help="any setting; may be repeated")
        ] = [],  # noqa: B006
        epochs: Annotated[int | None, typer.Option(help="passes over the data, at most")] = None,
        seed: Annotated[int | None, typer.Option(help="fixes weights, order and dropout")] = None,
        device: Annotated[str, typer.Option(help="auto | cpu | gpu | tpu")] = "auto",
        strategy: Annotated[
            str, typer.Option(help="auto | single | mirrored | multi_worker (machines of TF_CONFIG) | tpu")
        ] = "auto",
        mixed_precision: Annotated[
            str,
            typer.Option(help="auto | off | float16 | bfloat16: what is computed in, by float32 weights"),
        ] = "auto",
        jit: Annotated[str, typer.Option(help="auto | on | off: compile training steps by XLA")] = "auto",
        steps_per_execution: Annotated[
            int, typer.Option(metavar="N", help="training steps that are started together")
        ] = 1,
        resume: Annotated[
            bool, typer.Option("--resume", help="go on where the run in --run stopped")
        ] = False,
        **app_options: Any,
    ):
        """Train a model."""
        from keras_seq.application import verbs
        from keras_seq.settings import parse_assignments

        named = {
            "data": data,
            "data_dir": data_dir,
            "train": train,
            "valid": valid,
            "epochs": epochs,
            "seed": seed,
        }
        given = {key: value for key, value in {**named, **app_options}.items() if value is not None}
        verbs.train(
            kind,
            run=run,
            preset=preset,
            config=config,
            changes={**parse_assignments(set), **given},
            resume=resume,
            device=device,
            strategy=strategy,
            mixed_precision=mixed_precision,
            jit=jit,
            steps_per_execution=steps_per_execution,
        )

    def evaluate(
        folder: Folder,
        data: Annotated[
            str | None, typer.Option(metavar="NAME", help="named data; else what it was trained on")
        ] = None,
        test: Annotated[str | None, typer.Option(metavar="F", help="file or folder of examples")] = None,
        split: Annotated[str, typer.Option(help="train | validation | test")] = "test",
        data_dir: Annotated[
            str | None, typer.Option(metavar="DIR", help="folder of TensorFlow Datasets")
        ] = None,
        as_json: AsJson = False,
        **app_options: Any,
    ):
        """Measure how well a model does."""
        from keras_seq.application import verbs

        options = {"data": data, "test": test, "split": split, "data_dir": data_dir}
        options |= {"changes": _changes(app_options), "columns": app_options}
        if as_json:
            print(json.dumps(verbs.evaluate(kind, folder, **options), ensure_ascii=False))
        else:
            verbs.print_scores(*verbs.evaluate(kind, folder, **options, with_tables=True))

    def predict(
        folder: Folder,
        texts: Annotated[
            list[str] | None, typer.Argument(metavar="[TEXT …]", help="texts, in quotes")
        ] = None,
        input: Annotated[
            str | None, typer.Option(metavar="F", help="file with one text a line; - is standard input")
        ] = None,
        as_json: AsJson = False,
        **app_options: Any,
    ):
        """Answer texts, and show which words counted."""
        from keras_seq.application import verbs

        changes = _changes(app_options)
        verbs.predict(kind, folder, texts or [], input=input, as_json=as_json, changes=changes)

    def inspect(
        folder: Folder,
        texts: Annotated[list[str], typer.Argument(metavar="TEXT …", help="texts, in quotes")],
        output: Annotated[str, typer.Option(metavar="F", help="the .html or .png file to write")],
        token: Annotated[
            int | None, typer.Option(metavar="N", help="where token N looked, from 0; else the whole text's")
        ] = None,
        **app_options: Any,
    ):
        """Write a page or a picture of where the model looked."""
        from keras_seq.application import verbs

        print(verbs.inspect(kind, folder, texts, output, token, _changes(app_options)))

    def export(
        folder: Annotated[str, typer.Argument(metavar="DIR", help="a run folder")],
        format: Annotated[str, typer.Option(help="saved_model | tflite")],
        output: Annotated[str, typer.Option(metavar="DIR2", help="the folder to write")],
        quantize: Annotated[str, typer.Option(help="none | float16 | int8")] = "none",
        length: Annotated[
            int | None, typer.Option(help="fixed number of tokens, as browsers need it")
        ] = None,
        **app_options: Any,
    ):
        """Write a model to take away, checked against the one it came from."""
        from keras_seq.application import verbs

        wanted = {"format": format, "quantize": quantize, "length": length, "output": output}
        verbs.print_report(verbs.export(kind, folder, **wanted, changes=_changes(app_options)))

    group.command("train")(_with_options(train, options))
    later = _later_options(kind)
    group.command("evaluate")(_with_options(evaluate, [*options, *later]))
    for name, verb in (("predict", predict), ("inspect", inspect), ("export", export)):
        group.command(name)(_with_options(verb, later))


@cli.command()
def demo(
    run: Annotated[str | None, typer.Option(metavar="DIR", help="where; runs/demo unless told")] = None,
) -> None:
    """The main job on real data: train, evaluate, look inside, export, and compare."""
    from keras_seq.application import demo as demo_verb

    demo_verb.demo(_app_class("sentiment"), run)


@data_cli.command("list")
def data_list(as_json: AsJson = False) -> None:
    """Every data set by name: task, size, licence, where it comes from."""
    from keras_seq.data import list_data

    rows = [row._asdict() for row in list_data()]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(*rows[0], show_lines=True)
    for row in rows:
        table.add_row(*row.values())
    Console().print(table, markup=False)


def _data_options(kind) -> list[inspect.Parameter]:
    """The app's own data settings as `--options`."""
    import dataclasses

    helps = {field.name: field.metadata["help"] for field in dataclasses.fields(kind.Settings)}
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(help=helps[name])],
        )
        for name in kind.data_options
    ]


def _later_options(kind) -> list[inspect.Parameter]:
    """`--set` where a trained model may be used with other settings."""
    if not kind.changeable:
        return []
    groups = ", ".join(f"{name}.…" for name in kind.changeable)
    option = typer.Option("--set", metavar="KEY=VALUE", help=f"one of {groups}; may be repeated")
    kinds = inspect.Parameter.KEYWORD_ONLY
    return [inspect.Parameter("set", kinds, default=[], annotation=Annotated[list[str], option])]


def _changes(app_options: dict[str, Any]) -> dict[str, Any]:
    """What `--set` gave, taken out of the options."""
    from keras_seq.settings import parse_assignments

    return parse_assignments(app_options.pop("set", []))


def _with_options(function, options: list[inspect.Parameter]):
    """The function with its `**app_options` spelt out, for Typer to read."""
    signature = inspect.signature(function)
    named = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    function.__signature__ = signature.replace(parameters=[*named, *options])
    function.__annotations__ = {each.name: each.annotation for each in (*named, *options)}
    return function


def _first_line_of(kind) -> str:
    return inspect.getdoc(kind).splitlines()[0]


if __name__ == "__main__":
    main()
