"""Token ids -> padded batches in length buckets, through tf.data, in an order that can be computed.

Epoch e of seed s is always the same sequence of batches, in every process: a run can go on where it
stopped. tensorflow is imported when a dataset is made, not before.
"""

import functools
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_seq.data.batch_columns import ListColumn, ValueColumn, column_of
from keras_seq.data.padding import PAD, in_input_order, length_sorted_batches, pad

__all__ = [
    "PAD",
    "Batches",
    "Parts",
    "in_input_order",
    "length_boundaries",
    "length_sorted_batches",
    "narrow_boundaries",
    "pad",
]


def length_boundaries(
    longest: int, first: int = 16, growth: float = 1.3, multiple: int = 8
) -> tuple[int, ...]:
    """Return bucket widths that grow geometrically from `first` up to `longest`, the last.

    Args:
        longest: the width of the last bucket, in tokens.
        first: the width of the first.
        growth: how many times wider the next one is, at least.
        multiple: all but the last are multiples of it, as accelerators like them.

    Example:
        >>> length_boundaries(100)
        (16, 24, 32, 48, 64, 88, 100)
    """
    widths = []
    width = float(first)
    while width < longest:
        widths.append(int(width))
        width = -(-width * growth // multiple) * multiple
    return (*widths, longest)


def narrow_boundaries(longest: int) -> tuple[int, ...]:
    """Return bucket widths that grow by a tenth, or one token: for short sentences.

    There they spare a fifth of the positions that the wide ones of `length_boundaries` would pad; but each is
    another shape, which XLA would compile anew.

    Example:
        >>> narrow_boundaries(20)
        (4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 20)
    """
    return length_boundaries(longest, first=4, growth=1.1, multiple=1)


class Parts(NamedTuple):
    """Of each batch, the parts of some devices of several that share it.

    number: parts that a batch is dealt into, equally large.
    first, count: which of them are wanted, one after the other.
    """

    number: int
    first: int
    count: int


class Batches:
    """Token ids with their targets, as padded batches in length buckets for `keras.Model.fit`.

    What lies on the disk (see `IdLists`) stays there: a batch is read when its turn comes.

    Each example falls into the narrowest bucket that holds it. In every epoch the examples are permuted,
    dealt into the batches of their buckets, and the batches are permuted: neighbours differ from epoch to
    epoch, and long and short batches alternate. The order is a pure function of (seed, epoch).

    Args:
        token_ids: N lists of ids, or N arrays (T, W), a row of W ids a token; `IdLists` of any size are taken
            as they are; or, for a model with several inputs, a dict name -> N of these.
        targets: N values, or an array (N, …), or `OneHot`, or N lists of ids (padded with `target_padding`;
            an example's bucket is that of its longest list); for a model with several outputs, a dict name ->
            any of these; None for none.
        sample_weight: N weights.
        target_padding: what stands behind a list of targets: an id that is no target.
        batch_size: examples a batch, in every bucket.
        tokens_per_batch: instead of it, padded tokens a batch: a bucket of width T has batches of
            max(1, tokens_per_batch // T) examples.
        max_length: longer lists are cut here, at their end; `cut` counts the examples. None is the longest.
        boundaries: bucket widths, rising, or a function that gives them for the longest;
            None is `length_boundaries`. `(max_length,)` is one bucket: without shuffling, that is the input
            order.
        shuffle: False keeps the examples of a bucket in the input order, and the buckets from narrow to wide.
        seed: of the order.
        static_shapes: pad to the bucket's width, and make every batch of a bucket equally large: the finite
            set `shapes`, as XLA and TPU want. Otherwise a batch is as wide as its longest list.
        remainder: what becomes of the last, smaller batch of a bucket: "keep" it; "drop" it (in each epoch
            other examples); "fill" it with examples of weight 0. Then there are always sample weights, so
            metrics belong into `weighted_metrics`; the loss that Keras shows counts the filling as 0.
            None: "fill" with static shapes, otherwise "keep".

    Attributes:
        steps: batches an epoch; the same in every epoch.
        cut: how many examples were cut at max_length.
        longest: tokens of the longest example, as it is cut.
        fingerprint: of all the data, by which other data are noticed.
        shapes: with static shapes, all (B, T) that occur, else None.

    Raises:
        ValueError: lengths that differ, no examples, boundaries that do not rise, sizes below 1.

    Example:
        ```python
        batches = Batches(token_ids, labels, batch_size=32, shuffle=True, seed=7)
        model.fit(batches.dataset(), epochs=3, shuffle=False, callbacks=[batches.callback()])
        ```
    """

    def __init__(
        self,
        token_ids: Sequence[Sequence[int]] | Mapping[str, Sequence[Sequence[int]]],
        targets: Any = None,
        sample_weight: Sequence[float] | None = None,
        *,
        target_padding: int = PAD,
        batch_size: int = 32,
        tokens_per_batch: int | None = None,
        max_length: int | None = None,
        boundaries: Sequence[int] | Callable[[int], Sequence[int]] | None = None,
        shuffle: bool = False,
        seed: int = 0,
        static_shapes: bool = False,
        remainder: str | None = None,
    ):
        self._shuffle, self._seed, self._static = shuffle, int(seed), static_shapes
        self._remainder = _checked_remainder(remainder, static_shapes)
        self._named = isinstance(token_ids, Mapping)
        lists = dict(token_ids) if self._named else {"token_ids": token_ids}
        self._inputs = {name: ListColumn(column) for name, column in lists.items()}
        self._several = isinstance(targets, Mapping)
        answers = {} if targets is None else targets if self._several else {"targets": targets}
        self._targets = {name: column_of(column, target_padding) for name, column in answers.items()}
        self._weights = None
        if sample_weight is not None or self._remainder == "fill":
            self._weights = ValueColumn(np.ones(len(next(iter(self._inputs.values())))))
        if sample_weight is not None:
            self._weights = ValueColumn(np.asarray(sample_weight, dtype=np.float32))
        if targets is None and self._weights is not None:
            raise ValueError("Sample weights and remainder='fill', which makes them, need targets.")
        columns = [*self._inputs.items(), *self._targets.items(), ("sample_weight", self._weights)]
        sizes = {name: len(column) for name, column in columns if column is not None}
        if len({len(column) for _, column in columns if column is not None}) > 1 or not min(sizes.values()):
            raise ValueError(f"Batches need examples, and as many targets and weights. Received: {sizes}.")

        self.fingerprint = _fingerprint(column for _, column in columns if column is not None)
        lengths = _lengths([column for _, column in columns if isinstance(column, ListColumn)])
        self._longest = max(1, int(lengths.max())) if max_length is None else int(max_length)
        self.cut = int((lengths > self._longest).sum())
        np.minimum(lengths, self._longest, out=lengths)
        self.longest = int(lengths.max())
        self._widths = _checked_widths(boundaries, self._longest, lengths)
        self._sizes = np.full(len(self._widths), batch_size)
        if tokens_per_batch is not None:
            self._sizes = np.maximum(1, tokens_per_batch // self._widths)
        if self._sizes.min() < 1:
            raise ValueError(f"A batch needs at least one example. Received: batch_size={batch_size}.")
        self._bucket = np.searchsorted(self._widths.astype(np.int32), lengths).astype(np.int32)
        self._slots = self._deal()
        self.steps = len(self._slots)
        if not self.steps:
            raise ValueError(
                "With remainder='drop' no bucket has one whole batch. "
                f"Received: {len(self)} examples, batch_size={batch_size}."
            )
        self._feed: tuple[Any, Callable] | None = None

    def __len__(self) -> int:
        """How many examples there are."""
        return len(self._bucket)

    @property
    def shapes(self) -> list[tuple[int, int]] | None:
        """With static shapes, every (B, T) that occurs; otherwise None."""
        if not self._static:
            return None
        used = np.unique(self._slots[:, 0])
        return [(int(self._sizes[bucket]), int(self._widths[bucket])) for bucket in used]

    def order(self, epoch: int = 0) -> list[np.ndarray]:
        """Return the indices of the examples in each batch of an epoch (without those that fill it up)."""
        _, plan, _ = self._tensors()
        indices, slots = plan(epoch)
        return [indices.numpy()[start : start + size] for _, start, size in slots.numpy()]

    def dataset(self, parts: Parts | None = None):
        """Return a tf.data.Dataset of one epoch for each time that it is iterated.

        Its elements are (ids, targets), with weights (ids, targets, weights), without targets ids alone:
        ids (B, T) or (B, T, W) int32, padded with 0 on the right, or a dict of such. Which epoch it is says
        `callback`; before that it is epoch 0. `fit` wants `shuffle=False` beside it: it is shuffled already.

        Args:
            parts: of each batch these parts only, an element each, with weights. Examples of weight 0 make
                them equally large.
        """
        import tensorflow as tf

        epoch, plan, deal = self._tensors()
        once = tf.data.Dataset.range(1).flat_map(_as_graph(lambda _: _slots(plan, epoch.read_value(), 0)))
        once = once.apply(tf.data.experimental.assert_cardinality(self.steps))
        return deal(once, parts, False)

    def stream(self, first_epoch: int = 0, first_step: int = 0, parts: Parts | None = None):
        """Return an endless tf.data.Dataset: the epochs from `first_epoch` on, one after the other.

        For `fit(…, steps_per_epoch=batches.steps)`: it needs no callback, nothing waits between epochs, and a
        run that stopped after `first_step` batches of an epoch goes on with the very next one.

        Args:
            first_epoch, first_step: where it begins.
            parts: as in `dataset`; the other weights of a batch are higher by as much as it was filled up,
                so that the mean loss over all parts is that of the batch.
        """
        import tensorflow as tf

        _, plan, deal = self._tensors()
        first = tf.data.Dataset.range(1).flat_map(_as_graph(lambda _: _slots(plan, first_epoch, first_step)))
        later = tf.data.Dataset.range(first_epoch + 1, np.iinfo(np.int32).max)
        endless = first.concatenate(later.flat_map(_as_graph(lambda epoch: _slots(plan, epoch, 0))))
        return deal(endless, parts, True)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next iteration of `dataset` is."""
        self._tensors()[0].assign(epoch)

    def callback(self):
        """Return the Keras callback that tells `dataset` which epoch begins, also after `initial_epoch`."""
        import keras

        return keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: self.set_epoch(epoch))

    def _deal(self) -> np.ndarray:
        """All batches as rows (bucket, first place, examples); places count through bucket after bucket."""
        slots = []
        first = 0
        for bucket, (count, size) in enumerate(zip(np.bincount(self._bucket), self._sizes, strict=False)):
            for start in range(0, count, size):
                if start + size <= count or self._remainder != "drop":
                    slots.append((bucket, first + start, min(size, count - start)))
            first += count
        return np.asarray(slots, dtype=np.int64).reshape(-1, 3)

    def _tensors(self):
        """The epoch variable; plan: epoch -> examples in order, batches in order; deal: slots -> elements.

        All data are eager tensors on the CPU that the functions capture: one copy, outside every graph.
        """
        if self._feed is not None:
            return self._feed
        import tensorflow as tf

        with tf.init_scope(), tf.device("CPU:0"):
            epoch_now = tf.Variable(0, dtype=tf.int64, trainable=False, name="epoch")
            bucket, slots = tf.constant(self._bucket), tf.constant(self._slots)
            widths, sizes = tf.constant(self._widths), tf.constant(self._sizes)
            inputs = {name: column.gatherer() for name, column in self._inputs.items()}
            targets = {name: column.gatherer() for name, column in self._targets.items()}
            weights = None if self._weights is None else self._weights.gatherer()

        def plan(epoch):
            order, dealt = tf.range(len(self), dtype=tf.int64), slots
            if self._shuffle:
                seed = tf.stack([tf.constant(self._seed, tf.int64), tf.cast(epoch, tf.int64)])
                order = _permuted(order, seed)
                dealt = _permuted(dealt, tf.random.experimental.stateless_fold_in(seed, 1, alg="philox"))
            by_bucket = tf.argsort(tf.gather(bucket, order), stable=True)
            return tf.gather(order, by_bucket), dealt

        def filled(indices, bucket):
            """The examples of a batch, and how much each counts."""
            real = tf.ones_like(indices, dtype=tf.float32)
            if self._remainder != "fill":
                return indices, real
            return _filled_up(indices, real, sizes[bucket] - tf.size(indices, out_type=tf.int64))

        def divided(indices, bucket, parts, is_scaled):
            """The wanted parts of a batch as a dataset."""
            indices, real = filled(indices, bucket)
            size = tf.size(indices)
            missing = -size % parts.number
            if is_scaled:
                real *= tf.cast((size + missing) / size, tf.float32)
            wanted = slice(parts.first, parts.first + parts.count)
            rows = _filled_up(indices, real, missing)
            rows = [tf.reshape(each, [parts.number, -1])[wanted] for each in rows]
            return tf.data.Dataset.from_tensor_slices((*rows, tf.repeat(bucket, parts.count)))

        def element(indices, real, bucket, parts=None):
            width = widths[bucket] if self._static else tf.constant(-1, tf.int64)
            ids = {name: gather(indices, width, self._longest) for name, gather in inputs.items()}
            ids = self._with_shapes(ids, parts)
            ids = ids if self._named else ids["token_ids"]
            answers = {name: gather(indices, width, self._longest) for name, gather in targets.items()}
            found = (ids, *([answers] if self._several else answers.values()))
            if weights is not None:
                found += (weights(indices, width, self._longest) * real,)
            elif parts is not None:
                found += (real,)
            return found if len(found) > 1 else ids

        def whole(indices, bucket):
            return element(*filled(indices, bucket), bucket)

        def deal(slots, parts, is_scaled):
            batch = whole
            if parts is not None:
                if not targets:
                    raise ValueError("Batches in parts have weights, and need targets.")
                slots = slots.flat_map(_as_graph(lambda *slot: divided(*slot, parts, is_scaled)))
                batch = functools.partial(element, parts=parts)
            dataset = slots.map(_as_graph(batch), num_parallel_calls=tf.data.AUTOTUNE)
            return dataset.prefetch(tf.data.AUTOTUNE)

        self._feed = (epoch_now, plan, deal)
        return self._feed

    def _with_shapes(self, ids, parts):
        """Tell tensorflow the shapes that are the same in all batches."""
        sizes, widths = map(set, zip(*(self.shapes or [(None, None)]), strict=True))
        if self._static and parts is not None:
            sizes = {-(-size // parts.number) for size in sizes}
        for tensor in ids.values():
            same = [one.pop() if len(one) == 1 else None for one in (set(sizes), set(widths))]
            tensor.set_shape([*same, *tensor.shape[2:]])
        return ids


def _slots(plan, epoch, first_step):
    """The batches of one epoch as a dataset of (indices of its examples, bucket)."""
    import tensorflow as tf

    order, slots = plan(epoch)
    slots = tf.data.Dataset.from_tensor_slices(slots[first_step:])
    return slots.map(_as_graph(lambda slot: (order[slot[1] : slot[1] + slot[2]], slot[0])))


def _filled_up(indices, real, missing):
    """So many examples more, the first ones again, which count nothing."""
    import tensorflow as tf

    more = tf.repeat(indices[:1], missing)
    return tf.concat([indices, more], axis=0), tf.concat([real, tf.zeros_like(more, tf.float32)], axis=0)


def _as_graph(function):
    """Spare tensorflow the translation of Python's `if` and `for`: these functions have none on tensors."""
    import tensorflow as tf

    return tf.autograph.experimental.do_not_convert(function)


def _permuted(values, seed):
    """The same permutation on every machine: the algorithm is named, the seed is all it knows."""
    import tensorflow as tf

    return tf.random.experimental.stateless_shuffle(values, seed=seed, alg="philox")


def _checked_remainder(remainder: str | None, static_shapes: bool) -> str:
    remainder = remainder or ("fill" if static_shapes else "keep")
    if remainder not in ("keep", "drop", "fill"):
        raise ValueError(f"remainder must be 'keep', 'drop' or 'fill'. Received: {remainder!r}.")
    if static_shapes and remainder == "keep":
        raise ValueError("Static shapes need remainder='fill' or 'drop'. Received: remainder='keep'.")
    return remainder


def _checked_widths(boundaries, longest: int, lengths: np.ndarray) -> np.ndarray:
    if longest < 1:
        raise ValueError(f"max_length must be at least 1. Received: max_length={longest}.")
    boundaries = length_boundaries if boundaries is None else boundaries
    widths = np.asarray(boundaries(longest) if callable(boundaries) else boundaries, dtype=np.int64)
    if widths.ndim != 1 or not len(widths) or widths[0] < 1 or np.any(np.diff(widths) <= 0):
        raise ValueError(f"Boundaries must rise from at least 1. Received: boundaries={boundaries}.")
    if widths[-1] < lengths.max():
        raise ValueError(
            f"The last boundary must hold the longest list, {lengths.max()} tokens. Received: {boundaries}."
        )
    return widths


def _fingerprint(columns) -> str:
    found = 0
    for column in columns:
        for array in column.arrays():
            if array.dtype.kind in "biuf":
                found = zlib.crc32(np.ascontiguousarray(array), found)
    return f"{found:08x}"


def _lengths(columns) -> np.ndarray:
    """The length of the longest list of each example, int32 `(N,)`."""
    lengths = np.zeros(len(columns[0]), np.int32)
    for column in columns:
        np.maximum(lengths, np.diff(column.lists.starts), out=lengths, casting="unsafe")
    return lengths
