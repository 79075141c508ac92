"""The class that every app subclasses: fit, evaluate, predict, inspect, save, load, export."""

import inspect
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from keras_seq import settings as settings_lib
from keras_seq.application.run_folder import RunFolder
from keras_seq.errors import InputError, nearest

__all__ = ["NO_TARGET", "App"]

NO_TARGET = -1  # what stands behind the end of a list of targets; losses know it


class App:
    """A task, its model and its text encoder, in one object that feels like Keras.

    A subclass states what is particular to its task, and nothing else:

        name, task              its names on the command line and in the data catalog
        Settings, presets       its settings, and named choices of them
        default_data            the data of `train` without any other word
        monitor                 the validation metric that says which weights are the best
        data_options            settings that `--names` of their own say on the command line
        scored_by_corpus        whether `monitor` is one of `scores`, and no mean over batches
        narrow_buckets          whether a batch holds texts of nearly one length: where most are short
        prepare, encode         examples -> vocabulary and labels; examples -> arrays
        build_model, loss, metrics
        scores, predict, view   see each method below
        save_parts, load_parts  what `prepare` learnt, as plain files
        export_plan             what is particular to it when its model is taken away

    Args:
        preset: `"toy"`, `"small"` or `"base"`.
        settings: any setting by its name, over the preset's.
    """

    name: ClassVar[str]
    task: ClassVar[str]
    Settings: ClassVar[type]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]]
    default_data: ClassVar[Mapping[str, str]]
    monitor: ClassVar[str]
    data_options: ClassVar[Sequence[str]] = ()
    # Settings, or groups of them, that a trained model may be used with otherwise than it was trained.
    changeable: ClassVar[Sequence[str]] = ()
    scored_by_corpus: ClassVar[bool] = False
    narrow_buckets: ClassVar[bool] = False
    # Of a text, in answers and scores. The time of a phone's loop grows faster than the text.
    most_tokens: ClassVar[int] = 10_000

    def __init__(self, preset: str = "small", **settings: Any):
        if preset not in self.presets:
            raise InputError(f"There is no preset {preset!r:.80}. Known: {nearest(preset, self.presets)}.")
        self.preset = preset
        self.settings = settings_lib.updated(self.Settings(), {**self.presets[preset], **settings})
        self.model = None
        self.facts: dict[str, Any] = {}
        self._predictor = None

    @property
    def longest_trained(self) -> tuple[str, int]:
        """The setting that says how many tokens of a training text are read, and how many."""
        return "max_length", self.settings.max_length

    # What a subclass states ---------------------------------------------------------------------------------

    def prepare(self, examples) -> None:
        """Learn from the training examples what the model needs to be built: vocabulary, labels."""
        raise NotImplementedError

    def check(self, examples) -> None:
        """Refuse training examples that nothing can be learnt from, before anything takes time."""

    def ready(self, examples):
        """The examples as `prepare` and all others want them; what was changed is told in their notes."""
        return examples

    def encode(self, examples) -> tuple[list[list[int]], Any]:
        """Examples -> token ids of each, and the targets: what `keras_seq.data.Batches` takes."""
        raise NotImplementedError

    def build_model(self, inputs, targets):
        """The `keras.Model`, from the settings, what `prepare` learnt, and what `encode` gave to count in."""
        raise NotImplementedError

    def loss(self):
        """As `compile` takes it."""
        raise NotImplementedError

    def metrics(self) -> list:
        """As `compile` takes them; `monitor` is one of their names, unless `scored_by_corpus`."""
        raise NotImplementedError

    def loss_weights(self):
        """As `compile` takes them."""
        return None

    def scores(self, examples) -> dict[str, float]:
        """The task's metrics on labelled examples."""
        raise NotImplementedError

    def validation_scores(self, examples) -> dict[str, float]:
        """The same after each epoch of a training, by which the best weights are kept."""
        return self.scores(examples)

    def report(self, examples) -> tuple[dict[str, float], list]:
        """The scores, and tables for a person who wants to know more (rich renderables)."""
        return self.scores(examples), []

    def signature(self) -> dict[str, Any]:
        """What a reader needs to compare the scores with others'."""
        raise NotImplementedError

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One answer a text, in the order of the texts."""
        raise NotImplementedError

    def reads(self, answer: Mapping[str, Any]) -> bool:
        """Whether the model knows a word of the text; else its script or language is foreign to it."""
        raise NotImplementedError

    def view(self, answer: Mapping[str, Any]):
        """An answer of `predict` as a picture (see `keras_seq.viz`)."""
        raise NotImplementedError

    def looked_from(self, answer: Mapping[str, Any], token: int) -> dict[str, Any]:
        """The answer with the weights of what one of its tokens looked at.

        Args:
            answer: of `predict`.
            token: which, counted from 0.

        Raises:
            InputError: tokens do not look at others in this model, or there is no such token.
        """
        raise InputError(f"{self.name} looks once at a whole text: leave --token out.")

    def save_parts(self, folder: Path) -> None:
        """Write what `prepare` learnt into a folder, as plain files."""
        raise NotImplementedError

    def load_parts(self, folder: Path) -> None:
        """Read what `save_parts` wrote."""
        raise NotImplementedError

    def answering_model(self):
        """The Keras model that answers `predict`, as `keras_seq.export.KerasModel` takes it."""
        return self._require_model()

    def export_plan(self, sample, length: int | None):
        """What is particular to the task in an export: a `keras_seq.export.ExportPlan`.

        Args:
            sample: examples to check the exported file on; None where none are at hand.
            length: fixed number of tokens, or None.
        """
        raise InputError(
            f"The app {self.name} cannot be exported yet. Its model is a Keras file in the run folder."
        )

    # In Python -----------------------------------------------------------------------------------

    def fit(
        self,
        *columns,
        validation_data=None,
        epochs=None,
        batch_size=None,
        callbacks=(),
        verbose=1,
        **arguments,
    ):
        """Train on columns of examples: `app.fit(texts, labels)`.

        Args:
            columns: one list a column of the task, in its order.
            validation_data: the same columns of the validation examples, as a tuple. Without it the last
                epoch's weights are kept; with it the best validation's.
            epochs, batch_size: over the settings.
            callbacks: further Keras callbacks.
            verbose: 0 says nothing.
            arguments: further arguments of `keras.Model.fit`.

        Returns:
            Keras' History.
        """
        from keras_seq.application.trainer import train

        changes = {"epochs": epochs, "batch_size": batch_size}
        given = {name: value for name, value in changes.items() if value is not None}
        self.settings = settings_lib.updated(self.settings, given)
        examples, validation = self.ready(self.examples(*columns)), None
        if validation_data is not None:
            validation = self.ready(self.examples(*validation_data, split="validation"))
        return train(self, examples, validation, callbacks=callbacks, verbose=verbose, **arguments)

    def evaluate(self, *columns) -> dict[str, float]:
        """The task's metrics on columns of examples: `app.evaluate(texts, labels)`."""
        return self.scores(self.ready(self.examples(*columns, split="test")))

    def inspect(self, text: str, token: int | None = None):
        """Where the model looked: it shows itself in a notebook, and has `.html()` and `.png(path)`.

        Args:
            text: a text.
            token: instead of where it looked for its answer on the whole, where this token looked (from 0).
        """
        answer = self.predict([text])[0]
        return self.view(answer if token is None else self.looked_from(answer, token))

    def save(self, folder) -> None:
        """Write a run folder, whole or not at all: `Sentiment.load(folder)` gives the same app again.

        Raises:
            InputError: the folder is there already and not empty, or nothing was trained.
        """
        from keras_seq.files import write_folder_atomically

        self._require_model()
        with write_folder_atomically(folder) as unfinished:
            run = RunFolder(unfinished)
            self.write_beginning(run)
            self.write_model(run)
            run.write_metrics(self.facts)

    @classmethod
    def load(cls, folder, num_threads: int = 1) -> "App":
        """The app of a run folder, or of an exported folder.

        No code that a file may hold is run.

        Args:
            folder: the run or the export.
            num_threads: of LiteRT, where the folder holds a `.tflite`.

        Raises:
            InputError: the folder is none, is another app's, or a file of it is missing or damaged.
        """
        from keras_seq import export

        run = RunFolder(folder)
        config = run.read_config()
        exported = export.kind_of(run.path) in ("tflite", "saved_model")
        if not exported:  # opening an exported folder verifies it
            export.verify(run.path)
        predictor = export.open_exported(run.path, num_threads) if exported else None
        app = cls.from_config(config, origin=run.config)
        app.load_parts(run.path)
        app.facts = run.read_metrics()
        app._predictor = predictor
        if not exported:
            app.model = app.read_model(run)
        return app

    def export(self, folder, format: str, quantize: str = "none", length: int | None = None, sample=None):
        """Write a folder to take away: SavedModel or TFLite, checked against this model.

        Args:
            folder: where; an earlier export there is replaced once the new one has passed its check.
            format: `"saved_model"` or `"tflite"`.
            quantize: `"none"`, `"float16"` or `"int8"` (TFLite).
            length: fixed number of tokens, for runtimes without dynamic shapes (TFLite).
            sample: examples to check it on; the more like the real texts the better.

        Returns:
            What the check measured.
        """
        from keras_seq.export.options import check_options

        check_options(format, quantize, length)
        self._require_model()
        import keras

        if keras.backend.backend() != "tensorflow":
            raise InputError(
                f"Keras computes by {keras.backend.backend()} here, and both formats are TensorFlow's.\n"
                "Export the run with KERAS_BACKEND=tensorflow: it answers the same."
            )
        from keras_seq.export import export_model

        return export_model(
            folder,
            format,
            self.export_plan(sample, length),
            save_parts=self.save_parts,
            config_text=self.config_text(),
            quantize=quantize,
            card_facts=self.card_facts(),
        )

    # What the verbs and the trainer use ----------------------------------------------------------

    def examples(self, *columns, split: str = "train"):
        """Columns in the task's order as Examples; its optional columns may follow, or be None.

        Raises:
            InputError: too few or too many columns, or columns that are not equally long lists.
        """
        from keras_seq.data import Examples, check_sequences, get_task

        task = get_task(self.task)
        needed, known = list(task.columns), [*task.columns, *task.optional]
        if not len(needed) <= len(columns) <= len(known):
            further = f", then {', '.join(task.optional)} if you like" if task.optional else ""
            raise InputError(
                f"Expected {' and '.join(needed)}, one list each{further}. Received: {len(columns)} lists."
            )
        given = dict(zip(known, columns, strict=False))
        given = {name: column for name, column in given.items() if name in needed or column is not None}
        names = list(given)
        for name, column in given.items():
            if isinstance(column, (str, bytes)) or not hasattr(column, "__len__"):
                raise InputError(
                    f"Expected a list of {name}s. Received: {type(column).__name__} {str(column)[:40]!r}."
                )
        lengths = {name: len(column) for name, column in given.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"Every example needs all of {' and '.join(names)}. Received: {lengths}.")
        if not lengths[names[0]]:
            raise InputError("There are no examples: every list is empty.")
        return Examples(check_sequences(task, given), "given", split)

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], origin: Any = "the configuration", preset: str | None = None
    ) -> "App":
        """The app that a `config.yaml` describes, untrained: a whole one, or only the settings that differ.

        Args:
            config: names and values.
            origin: what an error calls it.
            preset: the preset under it, instead of its own.
        """
        settings = dict(config)
        of_app = settings.pop("app", cls.name)
        if of_app != cls.name:
            raise InputError(f"{origin} belongs to the app {of_app!r:.80}, not to {cls.name!r}.")
        own_preset = settings.pop("preset", "small")
        settings.pop("keras_seq", None)
        try:
            app = cls(preset or own_preset)
            app.settings = settings_lib.updated(app.settings, settings)
        except InputError as error:
            raise InputError(f"{origin}: {error}") from None
        return app

    def data_columns(self) -> dict[str, Any]:
        """Which columns of its own data the app was told to read."""
        return {option: getattr(self.settings, option) for option in self.data_options}

    def config_text(self) -> str:
        """What `config.yaml` holds."""
        from keras_seq import __version__

        head = f"app: {self.name}\npreset: {self.preset}\nkeras_seq: {__version__}\n\n"
        return head + settings_lib.to_yaml(self.settings)

    @property
    def predictor(self):
        """What turns token ids into probabilities and weights: the Keras model, or the exported file."""
        if self._predictor is None:
            from keras_seq.export import KerasModel

            self._predictor = KerasModel(self.answering_model())
        return self._predictor

    def write_beginning(self, run: RunFolder) -> None:
        """Write what is known before the first step: settings, vocabulary, labels."""
        run.write_config(self.config_text())
        self.save_parts(run.path)
        run.seal()

    def write_model(self, run: RunFolder) -> None:
        """Write `model.keras`: the model without its optimizer, whole or not at all."""
        import keras

        from keras_seq.files import write_atomically

        bare = keras.Model(self.model.input, self.model.output, name=self.model.name)
        with write_atomically(run.model) as unfinished:
            bare.save(unfinished)

    def read_model(self, run: RunFolder):
        """Read `model.keras`; in float32, whatever the training computed in."""
        from keras_seq.models import in_float32, load_model

        if not run.model.is_file():
            raise InputError(f"{run.path} has no model.keras: its training did not get as far as one epoch.")
        return in_float32(load_model(run.model))

    def samples(self, examples, most: int) -> tuple[dict[str, Any], dict[str, str]]:
        """What TensorBoard shows of the first examples after each epoch of a training.

        Returns:
            images: where the model looks, `{name: uint8 (H, W, 3)}`; most apps' are `attention_images`.
            texts: what it answers, `{name: Markdown}`.
        """
        return {}, {}

    def attention_images(self, answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the model looked for answers of `predict`: a picture of each that has weights."""
        from keras_seq.viz import attention_image

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of fonts: the picture says it itself
            images = {
                f"attention/{place}": attention_image(self.view(answer))
                for place, answer in enumerate(answers)
                if answer["weights"] is not None
            }
        return {name: image for name, image in images.items() if image is not None}

    def card_facts(self) -> dict[str, Any]:
        """What the card of an export says about the run it came from."""
        facts = self.facts
        told = {
            name: facts[name]
            for name in ("preset", "epochs", "seed", "train_seconds", "time")
            if name in facts
        }
        changed = settings_lib.differences(self.settings, type(self)(self.preset).settings)
        if changed:
            told["changed settings"] = ", ".join(f"{name}={value}" for name, value in changed.items())
        if "hardware" in facts:
            told["hardware"] = f"{facts['hardware']['processor']}, {facts['hardware']['cores']} cores"
        if "versions" in facts:
            told["versions"] = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
        data = {"data": facts.get("data")} | {
            f"{name} examples": n for name, n in facts.get("examples", {}).items()
        }
        scores = [
            {"split": split, "metric": metric, "value": f"{value:.4f}"}
            for split, metrics in facts.get("metrics", {}).items()
            for metric, value in metrics.items()
        ]
        return {
            "name": f"{self.name.capitalize()}, {self.preset}",
            "description": (inspect.getdoc(type(self)) or "").splitlines()[0],
            "task": self.name,
            "training": told,
            "data": {name: value for name, value in data.items() if value is not None},
            "scores": scores,
        }

    def change(self, **settings: Any) -> None:
        """Use the trained model with other settings: those in `changeable`.

        Raises:
            InputError: a setting that training has fixed, or an exported model, which holds them inside.
        """
        fixed = [name for name in settings if name.partition(".")[0] not in self.changeable]
        if fixed:
            allowed = ", ".join(f"{name}.…" for name in self.changeable) or "none"
            raise InputError(
                f"Training has fixed {', '.join(fixed)}. What can still be changed: {allowed}. "
                "To train otherwise, begin anew into another --run."
            )
        if not settings:
            return
        if self.model is None:
            raise InputError(
                f"An exported model holds {', '.join(settings)} inside. Export the run again with --set "
                f"{next(iter(settings))}=…"
            )
        self.settings = settings_lib.updated(self.settings, settings)
        self._predictor = None

    def set_model(self, model) -> None:
        """Make a model this app's own."""
        self.model = model
        self._predictor = None

    def record(self, **facts: Any) -> None:
        """Add to what `metrics.json` says, with the circumstances of now."""
        from keras_seq.application.facts import circumstances

        self.facts = {**self.facts, "app": self.name, "preset": self.preset, **facts, **circumstances()}
        self.facts["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def require_names(self, names: Sequence[str], numbers: int, file: str) -> None:
        """Refuse a model that answers with numbers for which a file has no names, or the other way about.

        Args:
            names: what the file holds.
            numbers: how many the model knows.
            file: its name.
        """
        if len(names) != numbers:
            raise InputError(
                f"The model and {file} do not fit: it knows {numbers} names, the file {len(names)}.\n"
                "Take all files of a folder from where the model came from."
            )

    def _require_model(self):
        if self.model is None:
            raise InputError(
                "This needs a trained Keras model: fit first, or load a run folder.\n"
                "An exported folder has none."
            )
        return self.model
