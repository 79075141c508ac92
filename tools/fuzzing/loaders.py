"""What reads a file from elsewhere, and what it answers."""

from pathlib import Path

TEXTS = ["a good film", "很好 bad", ""]


def answers(app, folder):
    """All that an app says of a folder, as text."""
    from keras_seq import apps

    loaded = getattr(apps, app.capitalize()).load(folder)
    loaded.card_facts()
    return [
        {key: value for key, value in each.items() if key not in ("weights", "n_best")}
        for each in loaded.predict(TEXTS)
    ]


def checkpoint(app, folder):
    """The newest whole checkpoint of a run."""
    import keras_seq.losses  # noqa: F401
    from keras_seq.errors import InputError
    from keras_seq.training.checkpoints import latest_checkpoint, load_checkpoint

    found, faults = latest_checkpoint(Path(folder) / "checkpoints")
    if found is None:
        raise InputError(faults[0])
    model, state, arrays = load_checkpoint(found)
    return [each.numpy().sum() for each in model.variables], len(state), len(arrays)


def examples(task, path, **columns):
    """A data file."""
    from keras_seq.data import read_examples

    return read_examples(path, task, **columns).columns


def config(app, path):
    """A YAML file behind --config."""
    from keras_seq import apps
    from keras_seq.application.run_folder import read_yaml

    return getattr(apps, app.capitalize()).from_config(read_yaml(path), origin=path).config_text()


def vectors(path):
    """Word vectors."""
    from keras_seq.data.word_vectors import read_word_vectors

    return [each.tolist() for each in read_word_vectors(path, ["good", "film", "nowhere"])]


PARTS = (
    "config.yaml labels.txt tags.txt intents.txt characters.txt tokenizer*.json vocabulary*.txt checksums.txt"
)
LANGUAGES = {"source_language": "en", "target_language": "de"}
# Loader -> its share of the cases; (toy, the files that are spoilt, what reads them) of which one is chosen.
LOADERS = {
    "parts": (26, [(f"{app}-tflite", PARTS, answers) for app in ("sentiment", "tagging", "translation")]),
    ".tflite": (
        30,
        [(f"{app}-tflite", "model.tflite", answers) for app in ("sentiment", "tagging", "translation")],
    ),
    "run": (4, [(app, f"{PARTS} metrics.json", answers) for app in ("sentiment", "tagging", "translation")]),
    ".keras": (
        7,
        [(app, "model.keras", answers) for app in ("sentiment", "sentiment", "tagging", "translation")],
    ),
    "checkpoints": (3, [("sentiment", "checkpoints/*/*", checkpoint)]),
    "SavedModel": (5, [("sentiment-saved_model", "saved_model.pb saved_model.pb variables/*", answers)]),
    "--config": (10, [("data", "settings.yaml", lambda path: config("sentiment", path))]),
    "data": (
        13,
        [
            ("data", "texts.tsv", lambda path: examples("sentiment", path)),
            ("data", "texts.csv", lambda path: examples("sentiment", path)),
            ("data", "texts.jsonl", lambda path: examples("sentiment", path)),
            ("data", "folders/*/*", lambda path: examples("sentiment", Path(path).parents[1])),
            ("data", "tree.conllu", lambda path: examples("tagging", path)),
            ("data", "tags.bio", lambda path: examples("tagging", path)),
            ("data", "slots/*", lambda path: examples("tagging", Path(path).parent)),
            ("data", "pairs.tsv", lambda path: examples("translation", path)),
            ("data", "pairs.jsonl", lambda path: examples("translation", path, **LANGUAGES)),
            (
                "data",
                "pairs.en pairs.de",
                lambda path: examples("translation", Path(path).with_suffix(""), **LANGUAGES),
            ),
        ],
    ),
    "vectors": (2, [("data", "vectors.txt", vectors)]),
}
