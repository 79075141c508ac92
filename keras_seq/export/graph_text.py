"""Text to ids in a TensorFlow graph: the twin of `keras_seq.text`, for a SavedModel that takes strings."""

import numpy as np
import tensorflow as tf

from keras_seq.text import SubwordTokenizer, TextEncoder
from keras_seq.text.characters import (
    CLASSES,
    CODE_POINTS,
    EXTEND,
    FLAG,
    IGNORED,
    JOINER,
    SPACE,
    SYMBOL,
    UNSPACED,
    WORD,
    ZERO_WIDTH_JOINER,
    folding,
)
from keras_seq.text.tokenizers import WORD_START

__all__ = ["GraphTextEncoder"]

_PAGE = 256  # code points
_CODE_BITS = 21  # 0x10FFFF < 2 ** 21


class GraphTextEncoder(tf.Module):
    """A `TextEncoder` made of TensorFlow operators: the same tokens and ids for every string of bytes.

    Vocabulary and character tables are constants of the graph, so a SavedModel that holds this module needs
    neither keras_seq nor a file beside it. A batch is worked on as a whole, without a loop over characters:
    borders between tokens come from the classes of neighbouring characters. Strings live on the CPU.

    Args:
        encoder: what to say in TensorFlow.

    Call arguments:
        texts: strings of shape (B,), UTF-8; malformed bytes are read as U+FFFD, as Python reads them.

    Returns:
        dict of `token_ids` (B, T) int32, 0 behind the end; `tokens` (B, T) strings, "" behind the end;
        `lengths` (B,) int32, in tokens. T is the longest of the batch, and at least 1.

    Example:
        >>> graph = GraphTextEncoder(TextEncoder.fit(["a good film"]))
        >>> graph(["a film", ""])["token_ids"].numpy().tolist()
        [[2, 3], [0, 0]]
    """

    def __init__(self, encoder: TextEncoder, name: str | None = None):
        super().__init__(name=name)
        tokenizer = encoder.tokenizer
        self._kind = tokenizer.kind
        self._pages, self._classes, self._shifts = _character_tables(tokenizer.lowercase)
        tokens = encoder.vocabulary.tokens
        self._ids = _table([token.encode() for token in tokens], range(len(tokens)), default=1)
        if isinstance(tokenizer, SubwordTokenizer):
            branches, self._is_piece = _trie(tokenizer.pieces)
            keys = [(node << _CODE_BITS) + code for node, code in branches]
            # A table must not be empty: -1 is the key behind the end, which leads nowhere.
            self._children = _table(np.array([*keys, -1], np.int64), [*branches.values(), -1], default=-1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
    def __call__(self, texts):
        codes, rows, classes, starts = self._borders(texts)  # (N,) each: the characters of all texts
        inside = classes != SPACE
        token_of = tf.cumsum(tf.cast(starts, tf.int32)) - 1
        token_rows = tf.boolean_mask(rows, starts)
        characters = tf.RaggedTensor.from_value_rowids(
            tf.boolean_mask(codes, inside),
            tf.boolean_mask(token_of, inside),
            nrows=tf.size(token_rows),
            validate=False,
        )
        if self._kind == "subwords":
            characters, chunk_of = self._pieces(characters)
            token_rows = tf.gather(token_rows, chunk_of)
        tokens = tf.RaggedTensor.from_value_rowids(
            tf.strings.unicode_encode(characters, "UTF-8"), token_rows, tf.size(texts), validate=False
        )
        lengths = tf.cast(tokens.row_lengths(), tf.int32)
        shape = tf.stack([tf.size(texts), tf.reduce_max(tf.concat([lengths, [1]], 0))])
        ids = tokens.with_flat_values(tf.cast(self._ids.lookup(tokens.flat_values), tf.int32))
        return {
            "token_ids": tf.ensure_shape(ids.to_tensor(0, shape=shape), [None, None]),
            "tokens": tf.ensure_shape(tokens.to_tensor("", shape=shape), [None, None]),
            "lengths": lengths,
        }

    def _borders(self, texts):
        """Folded code points of all texts, the text each is of, its class, and whether it starts a token."""
        # The line break is a SPACE between the last character of a text and the first of the next.
        decoded = tf.strings.unicode_decode(tf.strings.join([texts, "\n"]), "UTF-8")
        codes, rows = decoded.flat_values, tf.cast(decoded.value_rowids(), tf.int32)
        place = tf.gather(tf.constant(self._pages), codes // _PAGE) * _PAGE + codes % _PAGE
        classes = tf.gather(tf.constant(self._classes), place)
        folded = codes + tf.gather(tf.constant(self._shifts), place)
        seen = classes != IGNORED
        codes, rows, classes = (tf.boolean_mask(values, seen) for values in (folded, rows, classes))

        # What joiners and stray marks are depends on their neighbours.
        carrier, after = _before(_carrier(classes), SPACE), tf.concat([classes[1:], [SPACE]], 0)
        joins = (classes == JOINER) & (carrier == WORD) & (after == WORD) & (self._kind != "characters")
        stray = (classes == EXTEND) & (_before(classes, SPACE) == SPACE)
        classes = tf.where(joins, WORD, tf.where((classes == JOINER) | stray, SYMBOL, classes))

        carrier = _before(_carrier(classes), SPACE)
        glued = (carrier == SYMBOL) & (_before(codes, 0) == ord(ZERO_WIDTH_JOINER))
        goes_on = (classes == EXTEND) | ((classes == SYMBOL) & glued) | _second_of_pair(classes == FLAG)
        if self._kind != "characters":
            goes_on |= (classes == WORD) & (carrier == WORD)
        if self._kind == "subwords":
            goes_on |= (classes == UNSPACED) & (carrier == UNSPACED)
        return codes, rows, classes, (classes != SPACE) & ~goes_on

    def _pieces(self, chunks):
        """Chunks of characters (C, None) to pieces of characters (P, None), and the chunk (P,) each is of."""
        marks = tf.fill([chunks.nrows(), 1], ord(WORD_START))
        marked = tf.concat([tf.RaggedTensor.from_tensor(marks, row_splits_dtype=tf.int32), chunks], axis=1)
        codes = marked.flat_values
        next_piece = tf.range(tf.size(codes)) + self._longest_pieces(codes)
        longest_chunk = tf.reduce_max(tf.concat([marked.row_lengths(), [1]], 0))
        starts = _reached(codes == ord(WORD_START), next_piece, longest_chunk)
        chunk_of = tf.boolean_mask(marked.value_rowids(), starts)
        piece_of = tf.cumsum(tf.cast(starts, tf.int32)) - 1
        return tf.RaggedTensor.from_value_rowids(codes, piece_of, tf.size(chunk_of), validate=False), chunk_of

    def _longest_pieces(self, codes):
        """At each character (N,): how long the longest piece is that starts there; 1 where there is none.

        All positions walk down the trie of the pieces together, one character a round. No piece goes over the
        end of a chunk, because the next chunk starts with a character that is only ever a piece's first.
        """
        followed = tf.concat([codes, [-1]], 0)
        is_piece = tf.constant(self._is_piece)

        def deeper(depth, positions, nodes, longest):
            keys = tf.bitwise.left_shift(nodes, tf.constant(_CODE_BITS, tf.int64))
            keys += tf.cast(tf.gather(followed, positions + depth), tf.int64)
            nodes = self._children.lookup(keys)
            alive = nodes >= 0
            positions, nodes = tf.boolean_mask(positions, alive), tf.boolean_mask(nodes, alive)
            fits = tf.boolean_mask(positions, tf.gather(is_piece, nodes))
            longest = tf.tensor_scatter_nd_update(longest, fits[:, None], tf.fill([tf.size(fits)], depth + 1))
            return depth + 1, positions, nodes, longest

        positions = tf.range(tf.size(codes))
        state = (tf.constant(0), positions, tf.zeros_like(positions, tf.int64), tf.ones_like(positions))
        shapes = (tf.TensorShape([]), *[tf.TensorShape([None])] * 3)
        return tf.while_loop(lambda depth, alive, *_: tf.size(alive) > 0, deeper, state, shapes)[-1]


def _before(values, first):
    """The value of the character before each."""
    return tf.concat([[first], values[:-1]], 0)


def _carrier(classes):
    """The class of the character that each one stands on: the last that is no mark, itself included."""
    solid = classes != EXTEND
    found = tf.concat([[SPACE], tf.boolean_mask(classes, solid)], 0)
    return tf.gather(found, tf.cumsum(tf.cast(solid, tf.int32)))


def _second_of_pair(flags):
    """True at the 2nd, 4th, ... of every unbroken run of True."""
    count = tf.cumsum(tf.cast(flags, tf.int32))
    opens = flags & ~_before(flags, False)
    count_at_opening = tf.concat([[0], tf.boolean_mask(count, opens)], 0)
    order = count - tf.gather(count_at_opening, tf.cumsum(tf.cast(opens, tf.int32)))
    return flags & (order % 2 == 1)


def _reached(starts, next_position, longest):
    """Where one gets from the starts (N,) by stepping to the next position, in at most `longest` steps.

    By doubling: after round k everything within 2^k steps is marked, and a jump is 2^k steps long.
    """
    end = tf.size(starts)
    jumps = tf.concat([next_position, [end]], 0)
    reached = tf.concat([tf.cast(starts, tf.int32), [0]], 0)
    size = tf.constant(1)
    while size < longest:
        reached = tf.tensor_scatter_nd_max(reached, jumps[:, None], reached)
        jumps = tf.gather(jumps, jumps)
        size *= 2
    return reached[:-1] > 0


def _character_tables(lowercase: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classes and folding distances in pages of code points, equal pages stored once; first, which page."""
    classes = np.frombuffer(CLASSES, np.uint8).astype(np.int32)
    shifts = np.zeros(CODE_POINTS, np.int32)
    for code, small in folding(lowercase).items():
        shifts[code] = small - code
    both = np.stack([classes.reshape(-1, _PAGE), shifts.reshape(-1, _PAGE)], axis=1)
    different: dict[bytes, int] = {}
    pages = [different.setdefault(page.tobytes(), len(different)) for page in both]
    tables = np.frombuffer(b"".join(different), np.int32).reshape(-1, 2, _PAGE)
    return np.array(pages, np.int32), tables[:, 0].reshape(-1), tables[:, 1].reshape(-1)


def _trie(pieces: list[str]) -> tuple[dict[tuple[int, int], int], np.ndarray]:
    """(node, code point) -> node, the root being 0; and for each node whether a piece ends there."""
    branches: dict[tuple[int, int], int] = {}
    ends = set()
    for piece in pieces:
        node = 0
        for character in piece:
            node = branches.setdefault((node, ord(character)), len(branches) + 1)
        ends.add(node)
    return branches, np.array([node in ends for node in range(len(branches) + 1)])


def _table(keys, values, default: int) -> tf.lookup.StaticHashTable:
    initializer = tf.lookup.KeyValueTensorInitializer(tf.constant(keys), tf.constant(list(values), tf.int64))
    return tf.lookup.StaticHashTable(initializer, default)
