"""Text to tokens in a TensorFlow graph: the twin of `keras_seq.text`'s tokenizers."""

import numpy as np
import tensorflow as tf

from keras_seq.export.graph_characters import GraphCharacters
from keras_seq.export.graph_table import graph_table
from keras_seq.text import Tokenizer
from keras_seq.text.characters import (
    EXTEND,
    FLAG,
    IGNORED,
    JOINER,
    SPACE,
    SYMBOL,
    UNSPACED,
    WORD,
    ZERO_WIDTH_JOINER,
)
from keras_seq.text.tokenizers import WORD_START

__all__ = ["GraphTokenizer"]

_CODE_BITS = 21  # 0x10FFFF < 2 ** 21


class GraphTokenizer(tf.Module):
    """A `Tokenizer` made of TensorFlow operators: the same tokens, at the same places, of every text.

    A batch is worked on as a whole, without a loop over characters: borders between tokens come from the
    classes of neighbouring characters. Strings live on the CPU.

    Args:
        tokenizer: what to say in TensorFlow.

    Call arguments:
        texts: strings of shape (B,), UTF-8; malformed bytes are read as U+FFFD, as Python reads them.

    Returns:
        ragged (B, None) each: the tokens; where each starts and ends, int32, in characters of its text as in
        `Tokenizer.split`.
    """

    def __init__(self, tokenizer: Tokenizer, name: str | None = None):
        super().__init__(name=name)
        self._kind = tokenizer.kind
        self._keep_spaces = tokenizer.keep_spaces
        self._characters = GraphCharacters(tokenizer.lowercase, apostrophes=not tokenizer.keep_spaces)
        if self._kind == "subwords":
            branches, self._is_piece = _trie(tokenizer.pieces)
            keys = [(node << _CODE_BITS) + code for node, code in branches]
            # A table must not be empty: -1 is the key behind the end, which leads nowhere.
            self._children = graph_table([*keys, -1], [*branches.values(), -1], default=-1)

    def __call__(self, texts):
        codes, rows, places, classes, starts = self._borders(texts)  # (N,) each: the characters of all texts
        inside = classes != SPACE
        token_of = tf.boolean_mask(tf.cumsum(tf.cast(starts, tf.int32)) - 1, inside)
        token_rows = tf.boolean_mask(rows, starts)
        marks = self._marks(token_rows, places, classes, starts)
        codes, places = (tf.boolean_mask(each, inside) for each in (codes, places))
        ends = places + 1
        if marks is not None:
            codes, places, ends, token_of = self._with_marks(codes, places, ends, token_of, *marks)
        if self._kind == "subwords":
            starts = self._pieces(codes, token_of)
        else:
            starts = token_of != _before(token_of, -1)
        if self._kind == "characters":  # there "▁" is a token of its own
            starts |= _before(codes == ord(WORD_START), False)
        token_rows = tf.gather(token_rows, tf.boolean_mask(token_of, starts))
        token_of = tf.cumsum(tf.cast(starts, tf.int32)) - 1
        characters = tf.RaggedTensor.from_value_rowids(
            codes, token_of, nrows=tf.size(token_rows), validate=False
        )
        first, behind = characters.row_splits[:-1], characters.row_splits[1:]
        return tuple(
            tf.RaggedTensor.from_value_rowids(values, token_rows, tf.size(texts), validate=False)
            for values in (
                tf.strings.unicode_encode(characters, "UTF-8"),
                tf.gather(places, first),
                tf.gather(ends, behind - 1),
            )
        )

    def _borders(self, texts):
        """Of all characters that are seen: folded code point, text, place in it, class, starts a token."""
        # The line break is a SPACE between the last character of a text and the first of the next.
        decoded = tf.strings.unicode_decode(tf.strings.join([texts, "\n"]), "UTF-8")
        rows = tf.cast(decoded.value_rowids(), tf.int32)
        places = tf.range(tf.size(rows)) - tf.gather(tf.cast(decoded.row_starts(), tf.int32), rows)
        classes, codes = self._characters(decoded.flat_values)
        seen = classes != IGNORED
        codes, rows, places, classes = (
            tf.boolean_mask(values, seen) for values in (codes, rows, places, classes)
        )
        if self._kind == "spaces":
            return codes, rows, places, classes, (classes != SPACE) & (_before(classes, SPACE) == SPACE)

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
        return codes, rows, places, classes, (classes != SPACE) & ~goes_on

    def _marks(self, token_rows, places, classes, starts):
        """Which tokens (N,) have "▁" before them, and where it starts and ends; None if none ever has."""
        first = tf.boolean_mask(places, starts)
        if not self._keep_spaces:
            # before every chunk, and it stands nowhere
            return (tf.ones_like(first, tf.bool), first, first) if self._kind == "subwords" else None
        opens = token_rows != _before(token_rows, -1)  # the text's first token
        spaced = tf.boolean_mask(_before(classes, SPACE) == SPACE, starts)
        if self._kind != "characters":
            unspaced = tf.boolean_mask(classes == UNSPACED, starts)
            return spaced & ~(opens & unspaced), first, first
        # there "▁" is a token, which stands where the spaces do
        run = (classes == SPACE) & (_before(classes, WORD) != SPACE)
        run_starts = tf.concat([[0], tf.boolean_mask(places, run)], 0)
        run_start = tf.gather(run_starts, tf.cumsum(tf.cast(run, tf.int32)))
        return (
            spaced & ~opens,
            tf.boolean_mask(run_start, starts),
            tf.boolean_mask(_before(places, 0) + 1, starts),
        )

    def _with_marks(self, codes, places, ends, token_of, marked, mark_starts, mark_ends):
        """The characters of tokens, with "▁" before those that are marked, and the token each is of."""
        follows = (token_of != _before(token_of, -1)) & tf.gather(marked, token_of)  # a mark
        source = tf.repeat(tf.range(tf.size(codes)), 1 + tf.cast(follows, tf.int32))
        is_mark = tf.gather(follows, source) & (source != _before(source, -1))  # the first of the two
        token_of = tf.gather(token_of, source)
        codes = tf.where(is_mark, ord(WORD_START), tf.gather(codes, source))
        places = tf.where(is_mark, tf.gather(mark_starts, token_of), tf.gather(places, source))
        ends = tf.where(is_mark, tf.gather(mark_ends, token_of), tf.gather(ends, source))
        return codes, places, ends, token_of

    def _pieces(self, codes, chunk_of):
        """Where, among the characters (N,) of chunks, the pieces start."""
        opens = chunk_of != _before(chunk_of, -1)
        next_piece = tf.range(tf.size(codes)) + self._longest_pieces(codes, chunk_of)
        chunks = tf.RaggedTensor.from_value_rowids(codes, chunk_of, validate=False)
        return _reached(opens, next_piece, tf.reduce_max(tf.concat([chunks.row_lengths(), [1]], 0)))

    def _longest_pieces(self, codes, chunk_of):
        """At each character (N,): how long the longest piece is that starts there; 1 where there is none.

        All positions walk down the trie of the pieces together, one character a round, as far as their chunk
        goes.
        """
        followed = tf.concat([codes, [-1]], 0)
        chunk_at = tf.concat([chunk_of, [-1]], 0)
        is_piece = tf.constant(self._is_piece)

        def deeper(depth, positions, nodes, longest):
            keys = tf.bitwise.left_shift(nodes, tf.constant(_CODE_BITS, tf.int64))
            keys += tf.cast(tf.gather(followed, positions + depth), tf.int64)
            nodes = self._children.lookup(keys)
            alive = (nodes >= 0) & (tf.gather(chunk_at, positions + depth) == tf.gather(chunk_of, positions))
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
    return tf.concat([[first], values], 0)[:-1]  # none of none


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

    def twice_as_far(size, reached, jumps):
        return 2 * size, tf.tensor_scatter_nd_max(reached, jumps[:, None], reached), tf.gather(jumps, jumps)

    end = tf.size(starts)
    jumps = tf.concat([next_position, [end]], 0)
    reached = tf.concat([tf.cast(starts, tf.int32), [0]], 0)
    # Not `while`: without AutoGraph, which takes a second to read the code, a graph is traced as it stands.
    _, reached, _ = tf.while_loop(lambda size, *_: size < longest, twice_as_far, (1, reached, jumps))
    return reached[:-1] > 0


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
