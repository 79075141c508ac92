"""A tokenizer and a vocabulary together: text to ids, and as two plain files."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from keras_seq.errors import InputError
from keras_seq.files import write_atomically
from keras_seq.text.characters import UNSPACED, class_of, has_letter
from keras_seq.text.counting import count_tokens
from keras_seq.text.pieces import learn_pieces
from keras_seq.text.tokenizers import WORD_START, SubwordTokenizer, Token, Tokenizer, get_tokenizer, join
from keras_seq.text.vocabulary import UNKNOWN, Vocabulary, read_text
from keras_seq.untrusted import parse_json

__all__ = ["TOKENIZER_FILE", "VOCABULARY_FILE", "TextEncoder", "file_name"]

VOCABULARY_FILE = "vocabulary.txt"
TOKENIZER_FILE = "tokenizer.json"
# The version of the rules in characters.py and tokenizers.py: one text with other tokens makes it 2. Files of
# version 1 must go on loading, with the tokens of version 1.
_RULES = 1
# That of encoders that keep spaces, which a keras_seq that knows only version 1 must not read.
_RULES_WITH_SPACES = 2


def file_name(name: str, side: str | None = None) -> str:
    """The name of a file where a folder holds two encoders.

    Example:
        >>> file_name("vocabulary.txt"), file_name("vocabulary.txt", "source")
        ('vocabulary.txt', 'vocabulary.source.txt')
    """
    stem, _, suffix = name.partition(".")
    return f"{stem}.{side}.{suffix}" if side else name


class TextEncoder:
    """Turns texts into token ids.

    Args:
        tokenizer: what cuts the text.
        vocabulary: what numbers the tokens; with subwords its tokens are the tokenizer's pieces.

    Example:
        >>> encoder = TextEncoder.fit(["a good film", "a bad film"])
        >>> encoder.encode("A good idea"), [token.text for token in encoder.split("A good idea")]
        ([2, 5, 1], ['a', 'good', 'idea'])

        One that also writes:

        >>> encoder = TextEncoder.fit(["It's good, isn't it?"], keep_spaces=True, end=True)
        >>> encoder.decode([*encoder.encode("Isn't it good?"), encoder.vocabulary.end_id])
        "isn't it good?"
    """

    def __init__(self, tokenizer: Tokenizer, vocabulary: Vocabulary):
        if isinstance(tokenizer, SubwordTokenizer) and set(tokenizer.pieces) != set(vocabulary.learned):
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
        keep_spaces: bool = False,
        end: bool = False,
    ) -> "TextEncoder":
        """Learns the vocabulary from texts, in one pass; of a huge corpus as `count_tokens` counts it.

        "words" suits every language that puts spaces between words, and gives Chinese, Japanese and Thai
        letter by letter, so it works there out of the box; see `keras_seq.text.looks_unspaced`.

        Args:
            texts: any iterable of texts, read once.
            tokenizer: "words", "characters" or "subwords" (which needs `sentencepiece` for this step only).
            vocabulary_size: the largest number of ids, the special ones included; None for no limit (not
                with subwords).
            lowercase: fold capitals to small letters.
            minimum_count: words rarer than this are unknown (with subwords: are not learned from).
            keep_spaces: let the tokens say where spaces stood, so that `decode` gives the text back.
            end: give "[END]" the id 2; `encode` does not put it there.

        Raises:
            InputError: for an unknown tokenizer, or if the texts hold no token.
        """
        no_pieces = [] if tokenizer == "subwords" else None
        cutter = get_tokenizer(tokenizer, lowercase, no_pieces, keep_spaces)
        cut = cutter.chunks if isinstance(cutter, SubwordTokenizer) else cutter.tokens
        counts = count_tokens(map(cut, texts))
        if not isinstance(cutter, SubwordTokenizer):
            return cls(cutter, Vocabulary.from_counts(counts, vocabulary_size, minimum_count, end))
        if vocabulary_size is None:
            raise InputError("Subwords need a vocabulary_size.\nReceived: vocabulary_size=None")
        often = {chunk: count for chunk, count in counts.items() if count >= minimum_count}
        room = vocabulary_size - len(Vocabulary(end=end))
        pieces = learn_pieces(often, room, to_write=keep_spaces)
        return cls(SubwordTokenizer(pieces, lowercase, keep_spaces), Vocabulary(pieces, end))

    def split(self, text: str | bytes) -> list[Token]:
        """The tokens with their place in the text; see `Tokenizer.split`."""
        return self.tokenizer.split(text)

    def encode(self, text: str | bytes) -> list[int]:
        """The ids of the tokens: none for an empty text, 1 for each unknown token."""
        return self.vocabulary.ids(self.tokenizer.tokens(text))

    def reads(self, tokens: Iterable[str]) -> bool:
        """Whether one of the tokens that hold a letter is known, or none holds one.

        False of a text in a script, or in a language, that the encoder knows no word of.

        Example:
            >>> encoder = TextEncoder.fit(["A good film!"])
            >>> [encoder.reads(tokens) for tokens in (["old", "film"], ["电", "影", "!"], ["!", "?"])]
            [True, False, True]
        """
        lettered = list(filter(has_letter, tokens))
        return not lettered or max(self.vocabulary.ids(lettered)) > 1

    def decode(self, ids: Iterable[int], unknowns: Sequence[str] | None = None) -> str:
        """The text of ids.

        An encoder that keeps spaces gives the text back that it encoded: as `Tokenizer.clean` leaves it, with
        single spaces, and "[UNK]" for each token it does not know. Another one writes a space between all
        tokens.

        Args:
            ids: those of one text; padding and "[END]" are passed over, wherever they stand.
            unknowns: a token for each unknown one in order, to stand in its place, as tokenizers give it.

        Raises:
            ValueError: an id outside the vocabulary; not as many `unknowns` as unknown ids.

        Example:
            >>> encoder = TextEncoder.fit(["She met him."], lowercase=False, keep_spaces=True)
            >>> ids = encoder.encode("She met Bob.")
            >>> encoder.decode(ids), encoder.decode(ids, unknowns=["▁Bob"])
            ('She met [UNK].', 'She met Bob.')
        """
        passed_over = (0, self.vocabulary.end_id)
        ids = [int(one) for one in ids if one not in passed_over]
        if ids and not 0 < min(ids) <= max(ids) < len(self.vocabulary):
            raise ValueError(
                f"Ids of this vocabulary are from 0 to {len(self.vocabulary) - 1}. "
                f"Received: ids from {min(ids)} to {max(ids)}"
            )
        if unknowns is not None and len(unknowns) != ids.count(1):
            raise ValueError(
                f"Each unknown id has one token in its place: {ids.count(1)} here. "
                f"Received: unknowns of {len(unknowns)}"
            )
        tokens: list[str] = []
        replacing = iter(unknowns or ())
        for one in ids:
            if one != 1:
                tokens.append(self.vocabulary.tokens[one])
            elif unknowns is not None:
                tokens.append(next(replacing))
            else:
                tokens.append(self.unknown_after(tokens[-1] if tokens else None))
        return join(tokens) if self.marked else " ".join(tokens)

    @property
    def marked(self) -> bool:
        """Whether tokens say where spaces stood; subwords always do, as if each chunk had one before it."""
        return self.tokenizer.keep_spaces or self.tokenizer.kind == "subwords"

    def unknown_after(self, token: str | None) -> str:
        """What stands for an unknown token behind another one, or None.

        Words stand apart, but not from a letter of a script without spaces.
        """
        apart = self.tokenizer.kind == "words" and not (token and class_of(token[-1]) == UNSPACED)
        return WORD_START + UNKNOWN if self.marked and apart else UNKNOWN

    def save(self, folder: str | os.PathLike, side: str | None = None) -> None:
        """Writes `vocabulary.txt` and `tokenizer.json` into a folder, which is made if need be.

        Args:
            folder: where to.
            side: "source" for the names `vocabulary.source.txt` and `tokenizer.source.json`, where a folder
                holds two encoders.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.save(folder / file_name(VOCABULARY_FILE, side))
        settings = {"kind": self.tokenizer.kind, "lowercase": self.tokenizer.lowercase, "rules": _RULES}
        if self.tokenizer.keep_spaces:
            settings |= {"keep_spaces": True, "rules": _RULES_WITH_SPACES}
        with write_atomically(folder / file_name(TOKENIZER_FILE, side)) as beside:
            beside.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: str | os.PathLike, side: str | None = None) -> "TextEncoder":
        """Reads what `save` wrote.

        Args:
            folder: where from.
            side: as in `save`.

        Raises:
            InputError: naming the file (and line) that is missing or damaged.
        """
        path = Path(folder) / file_name(TOKENIZER_FILE, side)
        content = read_text(path)
        try:
            settings = parse_json(content)
            kind, lowercase, rules = settings["kind"], settings["lowercase"], settings["rules"]
            keep_spaces = settings.get("keep_spaces", False)
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f'{path}: expected {{"kind": "words", "lowercase": true, "rules": {_RULES}}} or the like.\n'
                f"Received: {content!r:.80}\nRestore the file from where the model came from."
            ) from None
        wanted = _RULES_WITH_SPACES if keep_spaces else _RULES
        if rules != wanted or not isinstance(lowercase, bool) or not isinstance(keep_spaces, bool):
            raise InputError(
                f'{path}: expected "rules": {wanted}, and "lowercase" and "keep_spaces" true or false.\n'
                f"Received: {content!r:.80}\n"
                "If a newer keras_seq wrote it, install that one."
            )
        vocabulary = Vocabulary.load(Path(folder) / file_name(VOCABULARY_FILE, side))
        pieces = vocabulary.learned if kind == "subwords" else None
        try:
            tokenizer = get_tokenizer(kind, lowercase, pieces, keep_spaces)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        return cls(tokenizer, vocabulary)

    def __repr__(self) -> str:
        return f"TextEncoder({self.tokenizer}, {self.vocabulary})"
