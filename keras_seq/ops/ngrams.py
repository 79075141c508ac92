"""Word n-grams by hashing, and sums in which each n-gram counts once. int32 throughout: nothing overflows."""

from keras import ops

from keras_seq.errors import InputError

__all__ = ["MOST_SLOTS", "hash_ngrams", "sum_of_different"]

# Two polynomial hashes, with products, slots · 1021 and 1048573 · 2039, leave room below 2³¹.
_SLOT_FACTOR, MOST_SLOTS = 1021, 2_097_143
_PRINT_FACTOR, _PRINTS = 2039, 1_048_573


def hash_ngrams(token_ids, longest, slots):
    """Every n-gram of 1 … `longest` tokens, by the token that it ends with.

        slot_0 = 0,      slot_n(t) = (1021 · slot_{n-1}(t-1) + code(id_t) + n) mod S

    where code(id) = (id mod 46337)² mod S + id scatters the ids (without it, common words, whose ids are
    small, crowd); and the fingerprint likewise with another factor and modulus, so that two n-grams that
    share a slot are told apart.

    Args:
        token_ids: int32 `(B, T)`; 0 is padding on the right, 1 the unknown word.
        longest: the largest n, at least 1.
        slots: S, at most `MOST_SLOTS`; a prime spreads best.

    Returns:
        slots and fingerprints, int32 `(B, T, longest)`, fingerprints from 1 on; and bool `(B, T, longest)`:
        such an n-gram is there, with neither padding nor an unknown word in it.
    """
    if not 1 <= slots <= MOST_SLOTS:
        raise InputError(f"slots must be between 1 and {MOST_SLOTS}. Received: slots={slots}")
    token_ids = ops.cast(token_ids, "int32")
    known = ops.cast(token_ids > 1, "int32")
    square = ops.square(ops.mod(token_ids, 46_337))  # the largest below 2³¹
    slot_code, print_code = ops.mod(square, slots) + token_ids, ops.mod(square, _PRINTS) + token_ids
    slot = fingerprint = ops.zeros_like(token_ids)
    there = known
    results = []
    for n in range(1, longest + 1):
        slot = ops.mod(_earlier(slot) * _SLOT_FACTOR + slot_code + n, slots)
        fingerprint = ops.mod(_earlier(fingerprint) * _PRINT_FACTOR + print_code + n, _PRINTS)
        there = known if n == 1 else _earlier(there) * known
        results.append((slot, fingerprint, ops.cast(there, "bool")))
    slots, fingerprints, there = (ops.stack(each, axis=-1) for each in zip(*results, strict=True))
    return slots, fingerprints + 1, there


def sum_of_different(values, fingerprints, counted, bins=16_384):
    """Sum over the different n-grams of each text, however often each stands there: Σ_{g in the set} value_g.

    Exact for the n-grams that have a bin of their own; those few that share one count as often as they stand.
    Memory grows with B · bins and with B · T, never with T².

    Args:
        values: float `(B, K, C)`; equal fingerprints have equal values.
        fingerprints: int32 `(B, K)`.
        counted: bool `(B, K)`; the others are left out.
        bins: a power of two, some ten times the n-grams of a usual text.

    Returns:
        `(B, C)`.
    """
    batch = ops.shape(values)[0]
    one = ops.cast(counted, "int32")
    text = ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
    bin_of = ops.mod(fingerprints, bins) + text * bins  # (B, K)

    def in_bin(numbers):
        flat = ops.segment_sum(
            ops.reshape(numbers, (-1,)), ops.reshape(bin_of, (-1,)), num_segments=batch * bins
        )
        return ops.take(flat, bin_of, axis=0)  # (B, K)

    # A bin holds one n-gram alone when its fingerprints' sum is count · fingerprint. (Remainders by 4093
    # are summed, so that a text of half a million tokens does not overflow.)
    small = ops.mod(fingerprints, 4093) * one
    count = in_bin(one)
    alone = ops.equal(in_bin(small), count * small)
    times = ops.where(alone, ops.maximum(count, 1), 1)
    share = ops.cast(one, values.dtype) / ops.cast(times, values.dtype)
    return ops.sum(values * ops.expand_dims(share, -1), axis=1)


def _earlier(hashes):
    """What stood one token earlier; 0 before the first: `(B, T)` -> `(B, T)`."""
    return ops.pad(hashes, [[0, 0], [1, 0]])[:, :-1]
