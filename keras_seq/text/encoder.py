"""A tokenizer and a vocabulary together: text to ids, and as two plain files."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.files import write_atomically
from keras_seq.text.pieces import learn_pieces
from keras_seq.text.tokenizers import SubwordTokenizer, Token, Tokenizer, get_tokenizer
from keras_seq.text.vocabulary import Vocabulary, read_text

__all__ = ["TOKENIZER_FILE", "VOCABULARY_FILE", "TextEncoder"]

VOCABULARY_FILE = "vocabulary.txt"
TOKENIZER_FILE = "tokenizer.json"
# The version of the rules in characters.py and tokenizers.py: one text with other tokens makes it 2. Files of
# version 1 must go on loading, with the tokens of version 1.
_RULES = 1


class TextEncoder:
    """Turns texts into token ids.

    Args:
        tokenizer: what cuts the text.
        vocabulary: what numbers the tokens; with subwords its tokens are the tokenizer's pieces.

    Example:
        >>> encoder = TextEncoder.fit(["a good film", "a bad film"])
        >>> encoder.encode("A good idea"), [token.text for token in encoder.split("A good idea")]
        ([2, 5, 1], ['a', 'good', 'idea'])
    """

    def __init__(self, tokenizer: Tokenizer, vocabulary: Vocabulary):
        if isinstance(tokenizer, SubwordTokenizer) and set(tokenizer.pieces) != set(vocabulary.tokens[2:]):
            raise InputError(
                "The pieces of a subword tokenizer and the tokens of its vocabulary must be the same.\n"
                f"Received: {len(tokenizer.pieces)} pieces, a vocabulary of {len(vocabulary)} tokens"
            )
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary

    @classmethod
    def fit(
        cls,
        texts: Iterable[str | bytes],
        tokenizer: str = "words",
        vocabulary_size: int | None = 20_000,
        lowercase: bool = True,
        minimum_count: int = 1,
    ) -> "TextEncoder":
        """Learns the vocabulary from texts, in one pass.

        "words" suits every language that puts spaces between words, and gives Chinese, Japanese and Thai
        letter by letter, so it works there out of the box; see `keras_seq.text.looks_unspaced`.

        Args:
            texts: any iterable of texts, read once.
            tokenizer: "words", "characters" or "subwords" (which needs `sentencepiece` for this step only).
            vocabulary_size: the largest number of ids, padding and unknown included; None for no limit
                (not with subwords).
            lowercase: fold capitals to small letters.
            minimum_count: words rarer than this are unknown (with subwords: are not learned from).

        Raises:
            InputError: for an unknown tokenizer, or if the texts hold no token.
        """
        cutter = get_tokenizer(tokenizer, lowercase, pieces=[] if tokenizer == "subwords" else None)
        cut = cutter.chunks if isinstance(cutter, SubwordTokenizer) else cutter.tokens
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(cut(text))
        if not isinstance(cutter, SubwordTokenizer):
            return cls(cutter, Vocabulary.from_counts(counts, vocabulary_size, minimum_count))
        if vocabulary_size is None:
            raise InputError("Subwords need a vocabulary_size.\nReceived: vocabulary_size=None")
        often = {chunk: count for chunk, count in counts.items() if count >= minimum_count}
        pieces = learn_pieces(often, vocabulary_size - 2)
        return cls(SubwordTokenizer(pieces, lowercase), Vocabulary(pieces))

    def split(self, text: str | bytes) -> list[Token]:
        """The tokens with their place in the text; see `Tokenizer.split`."""
        return self.tokenizer.split(text)

    def encode(self, text: str | bytes) -> list[int]:
        """The ids of the tokens: none for an empty text, 1 for each unknown token."""
        return self.vocabulary.ids(self.tokenizer.tokens(text))

    def save(self, folder: str | os.PathLike) -> None:
        """Writes `vocabulary.txt` and `tokenizer.json` into a folder, which is made if need be."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.save(folder / VOCABULARY_FILE)
        settings = {"kind": self.tokenizer.kind, "lowercase": self.tokenizer.lowercase, "rules": _RULES}
        with write_atomically(folder / TOKENIZER_FILE) as side:
            side.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "TextEncoder":
        """Reads what `save` wrote.

        Raises:
            InputError: naming the file (and line) that is missing or damaged.
        """
        path = Path(folder) / TOKENIZER_FILE
        content = read_text(path)
        try:
            settings = json.loads(content)
            kind, lowercase, rules = settings["kind"], settings["lowercase"], settings["rules"]
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f'{path}: expected {{"kind": "words", "lowercase": true, "rules": {_RULES}}} or the like.\n'
                f"Received: {content!r:.80}\nRestore the file from where the model came from."
            ) from None
        if rules != _RULES or not isinstance(lowercase, bool):
            raise InputError(
                f'{path}: expected "rules": {_RULES}, and "lowercase": true or false.\n'
                f"Received: {content!r:.80}\n"
                "If a newer keras_seq wrote it, install that one."
            )
        vocabulary = Vocabulary.load(Path(folder) / VOCABULARY_FILE)
        try:
            tokenizer = get_tokenizer(kind, lowercase, vocabulary.tokens[2:] if kind == "subwords" else None)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        return cls(tokenizer, vocabulary)

    def __repr__(self) -> str:
        return f"TextEncoder({self.tokenizer}, {self.vocabulary})"
