"""Small runs, exports and data files that are then spoilt; made once."""

from pathlib import Path

GOOD = ["a good film", "很好 good", "this is a bad one", "bad and good"] * 6
LABELS = ["yes", "yes", "no", "no"] * 6
QUICK = {"embedding_dim": 4, "batch_size": 8, "epochs": 1}
OWN = {
    "sentiment": {"num_layers": 0, "pooling": "attention"},
    "tagging": {"num_layers": 1, "units": 2, "heads": 0},
    "translation": {"units": 4, "tokenizer": "words"},
}
TREE = "# text = A good film\n1\tA\ta\tDET\tDT\t_\t3\tdet\t_\t_\n2\tgood\tgood\tADJ\tJJ\t_\t3\tamod\t_\t_\n\n"


def make_toys(place: Path, apps=tuple(OWN)) -> None:
    """Leave in a folder: data, and for each app NAME (a run), NAME-tflite and NAME-saved_model."""
    from keras_seq import apps as kinds
    from keras_seq.application import verbs

    for name in apps:
        kind, run = getattr(kinds, name.capitalize()), place / name
        verbs.train(kind, run=str(run), preset="toy", changes=settings_of(name, place))
        app = kind.load(run)
        for format in ("tflite", "saved_model"):
            app.export(place / f"{name}-{format}", format=format)


def settings_of(app: str, place: Path) -> dict:
    """Settings of a run that takes a moment; its data are written beside it."""
    write_data(place)
    file = {"sentiment": "texts.tsv", "tagging": "slots", "translation": "pairs.tsv"}[app]
    return {**QUICK, **OWN[app], "train": str(place / "data" / file), "valid": str(place / "data" / file)}


def write_data(place: Path) -> None:
    """Examples in every kind of file that is read."""
    data = place / "data"
    rows = list(zip(GOOD, LABELS, strict=True))
    texts = {
        "texts.tsv": "\n".join("\t".join(row) for row in rows),
        "texts.csv": "text,label\n" + "\n".join(f'"{text}, ""so""",{label}' for text, label in rows),
        "texts.jsonl": "\n".join(f'{{"text": "{text}", "label": "{label}"}}' for text, label in rows),
        "pairs.tsv": "\n".join(f"{text}\t{' '.join(reversed(text.split()))}" for text in GOOD),
        "pairs.jsonl": "\n".join(f'{{"en": "{text}", "de": "{label}"}}' for text, label in rows),
        "pairs.en": "\n".join(GOOD),
        "pairs.de": "\n".join(LABELS),
        "tree.conllu": TREE * 5,
        "tags.bio": "\n\n".join("\n".join(f"{word}\tB-{word}" for word in text.split()) for text in GOOD),
        "slots/seq.in": "\n".join(GOOD),
        "slots/seq.out": "\n".join(
            " ".join("B-X" if w in "good bad" else "O" for w in t.split()) for t in GOOD
        ),
        "slots/label": "\n".join(LABELS),
        "vectors.txt": "3 2\ngood 0.5 1\nbad -0.5 1e-3\nfilm 1 2",
        "settings.yaml": "preset: toy\nunits: 8\nattention:\n  score: additive\nlearning_rate: 1e-3",
    }
    for number, (text, label) in enumerate(rows[:4]):
        texts[f"folders/{label}/{number}.txt"] = text
    for name, text in texts.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text + "\n", encoding="utf-8")
