"""Examples from a folder with one subfolder a label and one `.txt` file an example (aclImdb)."""

import os
from collections.abc import Mapping
from pathlib import Path

from keras_seq.data.collecting import Collector
from keras_seq.data.examples import Examples, Skipped, Task
from keras_seq.data.reading import EMPTY_TEXT, as_label, read_text
from keras_seq.errors import InputError
from keras_seq.progress import now

SPLIT_FOLDERS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
    "unlabelled": ("train", "training"),
}
UNLABELLED = ("unsup", "unlabelled", "unlabeled")


def read_label_folders(path: Path, task: Task, split: str, chosen: Mapping[str, str | None]) -> Examples:
    """Read the `.txt` files of every label's folder, in the order of labels and file names.

    A folder that holds `train/`, `test/` … instead of labels is entered at `split`. The folder "unsup" has
    no label: it is the split "unlabelled" (its texts alone), and otherwise its files are counted as skipped.
    Files that stand beside the label folders belong to no label and are not examples.
    """
    root = path if _label_folders(path) else _split_folder(path, split)
    folders = _label_folders(root)
    texts, labels = Collector(), Collector()
    skipped = Skipped()
    for folder in folders:
        files = _text_files(folder, skipped)
        if (folder.name in UNLABELLED) != (split == "unlabelled"):
            if split != "unlabelled":
                skipped.add(f"no label: folder {folder.name}", len(files))
            continue
        label = as_label(folder.name, str(folder))
        now().more(len(files))
        for file in files:
            now().step()
            if os.path.getsize(file) == 0 or not (text := read_text(file)).strip():
                skipped.add(EMPTY_TEXT)
                continue
            texts.append(text)
            labels.append(label)
    if not len(texts):
        raise InputError(
            f"{root}: there are no examples for the split {split!r} in it. "
            f"Received: folders {', '.join(folder.name for folder in folders) or 'none'}."
        )
    columns = {"text": texts.column()}
    if split != "unlabelled":
        columns["label"] = labels.column()
    return Examples(columns, str(root), split, skipped)


def _label_folders(path: Path) -> list[Path]:
    """The subfolders that hold `.txt` files and no folders (aclImdb/train holds both, and is no label)."""
    folders = []
    for folder in sorted(entry for entry in path.iterdir() if entry.is_dir() and entry.name[0] != "."):
        with os.scandir(folder) as entries:
            kinds = {"folder" if entry.is_dir() else Path(entry.name).suffix.lower() for entry in entries}
        if ".txt" in kinds and "folder" not in kinds:
            folders.append(folder)
    return folders


def _split_folder(path: Path, split: str) -> Path:
    present = sorted(entry.name for entry in path.iterdir() if entry.is_dir())
    for name in SPLIT_FOLDERS.get(split, ()):
        if name in present and _label_folders(path / name):
            return path / name
    known = [name for name in present if any(name in names for names in SPLIT_FOLDERS.values())]
    if known:
        raise InputError(
            f"{path}: there is no folder for the split {split!r}. Received: {', '.join(known)}.\n"
            f"Expected: {' or '.join(SPLIT_FOLDERS.get(split, (split,)))}, with one subfolder a label."
        )
    raise InputError(
        f"{path}: this folder holds no examples. Expected: one subfolder a label, with .txt files in it.\n"
        f"Received: {'folders ' + ', '.join(present[:6]) if present else 'no subfolders'}."
    )


def _text_files(folder: Path, skipped: Skipped) -> list[Path]:
    files = []
    for entry in sorted(folder.iterdir()):
        if entry.suffix.lower() == ".txt" and entry.is_file():
            files.append(entry)
        elif not entry.name.startswith("."):
            skipped.add("not a .txt file")
    return files
