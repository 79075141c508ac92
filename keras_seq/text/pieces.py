"""Learning the pieces of words for the subword tokenizer."""

from collections import Counter
from collections.abc import Iterable
from io import BytesIO

from keras_seq.errors import InputError
from keras_seq.text.tokenizers import WORD_START

__all__ = ["learn_pieces"]

_COVERAGE = 0.9995  # of the characters of the corpus, so that rare ones take no room from words
_COVERAGE_TO_WRITE = 0.99995  # an unknown character that is read costs little, one to be written a sentence
_LONGEST_CHUNK = 1000  # characters
_RESERVED = "\u2585"  # the library keeps this character to itself


def learn_pieces(counts: dict[str, int], size: int, to_write: bool = False) -> list[str]:
    """The pieces that byte-pair encoding finds in counted words, the earliest merges first.

    Only the learning is the library's; the cutting of text is `SubwordTokenizer`'s own. Deterministic.

    Args:
        counts: how often each chunk (`SubwordTokenizer.chunks`) occurs.
        size: the largest number of pieces; there are fewer where the words give no more.
        to_write: texts are put together from the pieces: the chunks that begin a word have "▁" in front
            already, which else is put before all of them, and more of the rare characters are kept.

    Raises:
        InputError: if `sentencepiece` is not installed, the size too small, or nothing there to learn from.

    Reference: Sennrich, Haddow, Birch (2016), Neural Machine Translation of Rare Words with Subword Units;
        the trainer is https://github.com/google/sentencepiece.
    """
    try:
        import sentencepiece
    except ImportError:
        raise InputError(
            'Learning subwords needs the package sentencepiece; "words" and "characters" do not.\n'
            "Install it: pip install sentencepiece"
        ) from None
    if size < 3:
        raise InputError(f"Subwords need room for at least 3 pieces.\nReceived: room for {size}")
    coverage = _COVERAGE_TO_WRITE if to_write else _COVERAGE
    characters = _frequent_characters(counts, coverage, most=size - 1)  # the word start takes one place
    characters.add(WORD_START)
    covered: Counter[str] = Counter()
    for chunk, count in counts.items():
        for part in _covered_parts(chunk[:_LONGEST_CHUNK], characters):
            covered[part] += count
    del covered[""], covered[WORD_START]  # a word start alone teaches nothing
    if not covered:
        raise InputError("No words to learn subwords from: the texts are empty, or all words are too rare.")
    in_order = sorted(covered, key=lambda part: (-covered[part], part))
    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(f"{part}\t{covered[part]}" for part in in_order),
        input_format="tsv",
        model_writer=model,
        model_type="bpe",
        vocab_size=size + 1,  # its own unknown piece is dropped below
        character_coverage=1.0,
        max_sentence_length=8 * _LONGEST_CHUNK,  # bytes
        normalization_rule_name="identity",
        add_dummy_prefix=not to_write,
        required_chars=WORD_START,
        split_by_unicode_script=False,
        split_by_number=False,
        unk_id=0,
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [processor.id_to_piece(i) for i in range(1, processor.get_piece_size())]


def _frequent_characters(counts: dict[str, int], coverage: float, most: int) -> set[str]:
    seen: Counter[str] = Counter()
    for chunk, count in counts.items():
        for character in chunk[:_LONGEST_CHUNK]:
            seen[character] += count
    del seen[_RESERVED], seen[WORD_START]
    room = coverage * seen.total()
    kept: set[str] = set()
    for character in sorted(seen, key=lambda character: (-seen[character], character))[:most]:
        if room <= 0:
            break
        kept.add(character)
        room -= seen[character]
    return kept


def _covered_parts(chunk: str, characters: set[str]) -> Iterable[str]:
    return "".join(character if character in characters else "\n" for character in chunk).split("\n")
