"""Measures exported folders: file sizes, and milliseconds a text on one thread.

    python tools/benchmark_export.py saved_models/sentiment-imdb-small --tokens 200 [--texts reviews.txt]
    python tools/benchmark_export.py saved_models/tagging-flights-small --tokens 20
    python tools/benchmark_export.py lite --texts multi30k/val.en --lines         whole sentences, translated

The time is that of the model alone, one text a call, after a warm-up; with --whole, tokenizing is in it.
"""

import argparse
import json
import os
import platform
import random
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from keras_seq.export import kind_of, open_exported
from keras_seq.text import TextEncoder, WordEncoder
from keras_seq.text.encoder import VOCABULARY_FILE, file_name

_LINE = "{:40} {:>12} {:>12} {:>7} {:>10} {:>8} {:>8}"


def texts_of(length: int | None, count: int, text_encoder, file: Path | None) -> list[str]:
    """Texts of `length` tokens: cut from a file of one text a line, or random words of the vocabulary.

    None: lines of the file as they are, from all over it.
    """
    if length is None:
        lines = file.read_text(encoding="utf-8").splitlines()
        return lines[:: max(1, len(lines) // count)][:count]
    if file:
        words = file.read_text(encoding="utf-8").split()
    else:
        words = text_encoder.vocabulary.tokens[2:]
        words = random.Random(0).choices(words, k=count * length)
    texts = [" ".join(words[start : start + length]) for start in range(0, len(words) - length + 1, length)]
    cut = []
    for text in texts[:count]:  # a word may be several tokens
        tokens = text_encoder.split(text)
        cut.append(text[: tokens[min(length, len(tokens)) - 1].end] if tokens else text)
    return cut


def encoder_of(folder: Path) -> tuple:
    """What cuts the texts of a folder, and text -> ids."""
    if (folder / "tags.txt").exists():
        encoder = WordEncoder.load(folder)
        return encoder, lambda text: encoder.encode([token.text for token in encoder.split(text)])
    side = "source" if (folder / file_name(VOCABULARY_FILE, "source")).exists() else None
    encoder = TextEncoder.load(folder, side)
    end = encoder.vocabulary.end_id  # of a translator
    return encoder, lambda text: encoder.encode(text) + ([] if end is None else [end])


def milliseconds(function, arguments: list, repeats: int) -> np.ndarray:
    """The time of each of `repeats` calls, after a tenth as many that are not counted."""
    times = []
    for call in range(repeats + repeats // 10):
        argument = arguments[call % len(arguments)]
        start = time.perf_counter()
        function(argument)
        times.append(1000 * (time.perf_counter() - start))
    return np.array(times[repeats // 10 :])


def measure(folder: Path, tokens: int | None, repeats: int, file: Path | None, whole: bool) -> dict:
    """Sizes and times of one exported folder."""
    model, (encoder, encode) = open_exported(folder, num_threads=1), encoder_of(folder)
    texts = texts_of(tokens, 50, encoder, file)
    run = model.run
    if whole:
        times = milliseconds(lambda text: model.predict([encode(text)]), texts, repeats)
    else:
        rows = [np.array([encode(text)], np.int32) for text in texts]
        times = milliseconds(run, rows, repeats)
    files = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {
        "folder": str(folder),
        "kind": kind_of(folder),
        "bytes": sum(files.values()),
        "model_bytes": files.get("model.tflite", files.get("saved_model.pb", 0)),
        "tokens": float(np.mean([len(encode(text)) for text in texts])),
        "calls": repeats,
        "median_ms": float(np.median(times)),
        "p95_ms": float(np.percentile(times, 95)),
        "min_ms": float(times.min()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--tokens", type=int, default=200, help="length of each text")
    parser.add_argument("--repeats", type=int, default=500, help="measured calls")
    parser.add_argument(
        "--texts", type=Path, help="a UTF-8 file to cut the texts from, instead of random words"
    )
    parser.add_argument("--lines", action="store_true", help="take its lines whole, of whatever length")
    parser.add_argument("--whole", action="store_true", help="measure tokenizing too")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.lines and not arguments.texts:
        parser.error("--lines are those of a file: give --texts too")
    length = None if arguments.lines else arguments.tokens
    rows = [
        measure(folder, length, arguments.repeats, arguments.texts, arguments.whole)
        for folder in arguments.folders
    ]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, 1 thread; Python {platform.python_version()}, ",
        end="",
    )
    print(f"ai-edge-litert {version('ai-edge-litert')}, load average {os.getloadavg()[0]:.1f}")
    print(_LINE.format("folder", "model bytes", "all bytes", "tokens", "median ms", "p95 ms", "min ms"))
    for row in rows:
        times = (f"{row[name]:.2f}" for name in ("median_ms", "p95_ms", "min_ms"))
        sizes = (f"{row[name]:,}" for name in ("model_bytes", "bytes"))
        print(_LINE.format(row["folder"][-40:], *sizes, f"{row['tokens']:.0f}", *times))


if __name__ == "__main__":
    main()
