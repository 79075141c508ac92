"""Splits a file of pairs into training, validation and test, so that no text stands on two sides.

    python tools/split_pairs.py tatoeba/cmn.txt pairs

writes pairs/train.tsv, pairs/validation.tsv and pairs/test.tsv, about eight, one and one tenth, in the order
of the file. Pairs that share a text, on either side and but for case and spacing, stay together, and so do
those that share one with these: where they go is read off a hash of their texts, the same in every run. The
file may be whatever the app translation reads as two columns; further columns are left out.
"""

import argparse
from pathlib import Path

from keras_seq.data import read_examples
from keras_seq.data.splitting import normalised, split_of
from keras_seq.errors import InputError
from keras_seq.files import write_atomically


def groups_of(pairs: list[tuple[str, str]]) -> list[str]:
    """For each pair the least of all texts that it hangs together with.

    Example:
        >>> groups_of([("b", "x"), ("a", "x"), ("a", "y"), ("c", "z")])
        ['a', 'a', 'a', 'c']
    """
    parents: dict[tuple[int, str], tuple[int, str]] = {}

    def root(text):
        while parents.setdefault(text, text) != text:
            parents[text] = text = parents[parents[text]]
        return text

    sides = [[(side, normalised(text)) for side, text in enumerate(pair)] for pair in pairs]
    for source, target in sides:
        one, other = sorted((root(source), root(target)))
        parents[other] = one
    return [root(source)[1] for source, _ in sides]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", help="a .tsv, .csv or .txt of pairs")
    parser.add_argument("folder", type=Path, help="where the three files go")
    given = parser.parse_args()
    try:
        examples = read_examples(given.file, "translation")
    except InputError as error:
        raise SystemExit(str(error)) from None
    pairs = list(zip(examples["source"], examples["target"], strict=True))
    groups = groups_of(pairs)
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in ("train", "validation", "test"):
        chosen = [pair for pair, group in zip(pairs, groups, strict=True) if split_of(group) == name]
        with write_atomically(given.folder / f"{name}.tsv") as side:
            side.write_text("".join("\t".join(pair) + "\n" for pair in chosen), encoding="utf-8")
        print(f"{given.folder / name}.tsv: {len(chosen):,} pairs")
    print(f"{len(set(groups)):,} groups of pairs that hang together")


if __name__ == "__main__":
    main()
