"""The linear chain against all tag sequences, one by one."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_seq.ops import chain
from keras_seq.ops.exporting import for_export

tf = pytest.importorskip("tensorflow")

N, B = 3, 4
CLOSE, FAR = 1.0, 70.0  # scores within float32's exponentials, and far outside
FORBIDDEN = [("transitions", (0, 1)), ("transitions", (2, 2)), ("start", 2), ("end", 0)]


class Parts:
    """The parts of a chain, and its score word by word."""

    def __init__(self, length, scale=CLOSE, forbidden=False, seed=0, batch=B, num_tags=N):
        random = np.random.default_rng([seed, length])
        shapes = {
            "transitions": (num_tags, num_tags),
            "start": (num_tags,),
            "end": (num_tags,),
            "unaries": (batch, length, num_tags),
        }
        for name, shape in shapes.items():
            setattr(self, name, scale * random.normal(size=shape))
        if forbidden:
            for name, index in FORBIDDEN:
                getattr(self, name)[index] = chain.FORBIDDEN
        self.lengths = [length, max(length - 1, 1), (length + 1) // 2, 0][:batch]
        self.mask = np.arange(length) < np.array(self.lengths)[:, None]
        self.num_tags = num_tags

    @property
    def chain(self):
        return np.asarray(chain.pack(self.transitions, self.start, self.end, self.unaries, self.mask))

    def score(self, b, tags):
        total = self.start[tags[0]] + self.end[tags[-1]]
        for t in range(len(tags)):
            total += self.unaries[b, t, tags[t]]
        for t in range(1, len(tags)):
            total += self.transitions[tags[t - 1], tags[t]]
        return total

    def sequences(self, b):
        return list(itertools.product(range(self.num_tags), repeat=self.lengths[b]))

    def log_normalizer(self, b):
        if not self.lengths[b]:
            return 0.0
        scores = [self.score(b, tags) for tags in self.sequences(b)]
        return max(scores) + math.log(sum(math.exp(score - max(scores)) for score in scores))

    def expected(self):
        """How often, on average over p(tags), each entry of the chain has a part in the score."""
        count = np.zeros_like(self.chain)
        for b, length in enumerate(self.lengths):
            for tags in self.sequences(b) if length else []:
                p = math.exp(self.score(b, tags) - self.log_normalizer(b))
                count[0, self.num_tags, tags[0]] += p
                count[0, self.num_tags + 1, tags[-1]] += p
                for t in range(length):
                    count[b, self.num_tags + 2 + t, tags[t]] += p
                for t in range(1, length):
                    count[0, tags[t - 1], tags[t]] += p
        return count

    def best(self, b):
        """Of the best sequences the one with the lowest tags, looked at from its end."""
        sequences = self.sequences(b) if self.lengths[b] else []
        tags = min(sequences, key=lambda tags: (-self.score(b, tags), tags[::-1]), default=())
        return [*tags, *[0] * (self.unaries.shape[1] - len(tags))]


def gradient_of(function, tensor):
    tensor = tf.constant(tensor)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        total = tf.reduce_sum(function(tensor))
    return tape.gradient(total, tensor).numpy()


CASES = list(itertools.product((1, 2, 3, 4), (CLOSE, FAR), (False, True)))
every_case = pytest.mark.parametrize("length, scale, forbidden", CASES)


@every_case
def test_the_log_normalizer_is_the_sum_over_all_sequences(length, scale, forbidden):
    parts = Parts(length, scale, forbidden)
    expected = [parts.log_normalizer(b) for b in range(B)]
    np.testing.assert_allclose(chain.log_normalizer(parts.chain), expected, rtol=1e-12, atol=1e-12)
    narrow = chain.log_normalizer(parts.chain.astype("float32"))
    assert narrow.dtype == tf.float32
    np.testing.assert_allclose(narrow, expected, rtol=2e-6, atol=2e-6)


@every_case
def test_its_gradient_is_what_the_sequences_say_on_average(length, scale, forbidden):
    parts = Parts(length, scale, forbidden)
    expected = parts.expected()
    np.testing.assert_allclose(gradient_of(chain.log_normalizer, parts.chain), expected, atol=1e-12)
    narrow = gradient_of(chain.log_normalizer, parts.chain.astype("float32"))
    np.testing.assert_allclose(narrow, expected, atol=1e-4 if scale == FAR else 2e-6)
    np.testing.assert_allclose(chain.marginals(parts.chain), expected[:, N + 2 :], atol=1e-12)


@every_case
def test_viterbi_finds_the_best_of_all_sequences(length, scale, forbidden):
    parts = Parts(length, scale, forbidden)
    tags = chain.viterbi(parts.chain)
    assert tags.dtype == tf.int32
    assert tags.numpy().tolist() == [parts.best(b) for b in range(B)]


@pytest.mark.parametrize("seed", range(5))
def test_of_equally_good_sequences_the_one_with_the_lowest_tags_from_the_end_is_taken(seed):
    parts = Parts(4, forbidden=True, seed=seed)
    for name in ("transitions", "start", "end", "unaries"):
        scores = getattr(parts, name)
        setattr(parts, name, np.where(scores > -100, np.round(scores / 2), scores))  # many are the same
    scores = [parts.score(0, tags) for tags in parts.sequences(0)]
    assert scores.count(max(scores)) > 1 or seed
    assert chain.viterbi(parts.chain).numpy().tolist() == [parts.best(b) for b in range(B)]
    same = np.zeros((2, N + 2 + 4, N))
    assert not chain.viterbi(same).numpy().any()


@pytest.mark.parametrize("length", (1, 2, 4))
def test_each_sequence_has_the_score_that_its_words_and_pairs_add_up_to(length):
    parts = Parts(length)
    for tags in parts.sequences(0):
        given = np.array([[*tags[:n], *[-1] * (length - n)] for n in parts.lengths])
        expected = [parts.score(b, tags[:n]) if n else 0.0 for b, n in enumerate(parts.lengths)]
        np.testing.assert_allclose(chain.sequence_score(parts.chain, given), expected, rtol=1e-12)


@pytest.mark.parametrize("scale", (CLOSE, FAR))
def test_the_gradient_of_the_likelihood_is_that_of_finite_differences(scale, random):
    parts = Parts(4, scale)
    tags = random.integers(0, N, (B, 4))
    pull = random.normal(size=B)

    @tf.function
    def value(tensor):
        return chain.negative_log_likelihood(tensor, tags, parts.mask) * pull

    # The transitions, start and end of the first sentence are those of all.
    packed = np.asarray(chain.pack(parts.transitions, parts.start, parts.end, parts.unaries))
    found = gradient_of(value, packed)
    assert not found[1:, : N + 2].any() and not found[:, N + 2 :][~parts.mask].any()
    for index in np.ndindex(*packed.shape):
        step = np.zeros_like(packed)
        step[index] = 1e-5
        slope = float(np.sum(value(packed + step) - value(packed - step))) / 2e-5
        assert found[index] == pytest.approx(slope, abs=1e-6), index


@settings(max_examples=15)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 1000), st.sampled_from([0.1, 1.0, 8.0, 40.0]))
def test_the_probabilities_of_all_sequences_sum_to_one(num_tags, length, seed, scale):
    parts = Parts(length, scale, seed=seed, batch=1, num_tags=num_tags)
    every = np.array(parts.sequences(0))
    packed = parts.chain.repeat(len(every), 0)
    log_probs = -np.asarray(chain.negative_log_likelihood(packed, every))
    assert np.exp(log_probs).sum() == pytest.approx(1.0)
    best = every[np.argmax(log_probs)]
    np.testing.assert_array_equal(chain.viterbi(parts.chain)[0], best)


def test_both_ways_of_summing_agree_and_the_quick_one_alone_would_not_do(monkeypatch):
    close = Parts(4, forbidden=True).chain
    quick = chain.log_normalizer(close), gradient_of(chain.log_normalizer, close)
    with monkeypatch.context() as patch:
        patch.setattr(chain, "_exact_product", None)
        np.testing.assert_array_equal(chain.log_normalizer(close), quick[0])  # the other is never called
    with monkeypatch.context() as patch:
        patch.setattr(chain, "_WIDEST_TRANSITION", -1.0)
        np.testing.assert_allclose(chain.log_normalizer(close), quick[0], rtol=1e-12)
        np.testing.assert_allclose(gradient_of(chain.log_normalizer, close), quick[1], atol=1e-12)
    with monkeypatch.context() as patch:
        patch.setattr(chain, "_spread", lambda scores, axis=-1: np.zeros(1))
        assert chain.log_normalizer(late_winner()).numpy().tolist() != [700.0]


def late_winner():
    """After 300 nats against tag 1, and with no way to change tags, 700 nats for it; in float32."""
    transitions = np.array([[0.0, chain.FORBIDDEN], [chain.FORBIDDEN, 0.0]])
    unaries = np.array([[[300.0, 0.0], [0.0, 0.0], [0.0, 700.0]]])
    return chain.pack(transitions, np.zeros(2), np.zeros(2), unaries.astype("float32"))


def test_tags_that_are_far_behind_and_win_in_the_end_are_counted():
    packed = late_winner()
    assert chain.log_normalizer(packed).numpy().tolist() == [700.0]
    assert chain.viterbi(packed).numpy().tolist() == [[1, 1, 1]]
    np.testing.assert_array_equal(chain.marginals(packed), [[[0, 1]] * 3])


@pytest.mark.parametrize("preferred", (1e3, 1e6, 1e12))
def test_what_is_forbidden_is_not_decoded_however_much_it_is_preferred(preferred):
    parts = Parts(4, forbidden=True)
    parts.unaries[:, :, 2] += preferred  # tag 2: never first, never twice
    packed = parts.chain.astype("float32")
    for tags, length in zip(chain.viterbi(packed).numpy().tolist(), parts.lengths, strict=True):
        steps = list(itertools.pairwise(tags[:length]))
        assert tags[:1] != [2] and (0, 1) not in steps and (2, 2) not in steps
        assert not length or tags[length - 1] != 0
    gradient = gradient_of(chain.log_normalizer, packed)
    assert np.isfinite(gradient).all()
    for index in ((0, 0, 1), (0, 2, 2), (0, N, 2), (0, N + 1, 0)):
        assert gradient[index] == 0
    assert np.isfinite(chain.log_normalizer(packed)).all()


def test_where_no_sequence_is_possible_everything_stays_finite():
    parts = Parts(3)
    parts.start[:] = chain.FORBIDDEN
    packed = parts.chain.astype("float32")
    for value in (chain.log_normalizer(packed), gradient_of(chain.log_normalizer, packed)):
        assert np.isfinite(value).all()
    assert set(chain.viterbi(packed).numpy().ravel()) <= {0, 1, 2}


def test_a_forbidden_sequence_costs_much_and_not_infinitely_much():
    parts = Parts(3, forbidden=True)
    loss = chain.negative_log_likelihood(parts.chain, np.array([[0, 1, 1]] * B))
    assert 3e4 < float(loss[0]) < 4e4


def test_what_stands_on_padding_changes_nothing():
    parts = Parts(4)
    packed = np.asarray(chain.pack(parts.transitions, parts.start, parts.end, parts.unaries))
    loud = packed.copy()
    loud[:, N + 2 :][~parts.mask] = 1e18
    functions = (
        chain.log_normalizer,
        chain.marginals,
        chain.viterbi,
        lambda tensor, mask=None: gradient_of(lambda each: chain.log_normalizer(each, mask), tensor),
    )
    for function in functions:
        expected = np.asarray(function(parts.chain))
        np.testing.assert_array_equal(function(packed, parts.mask), expected)
        np.testing.assert_array_equal(function(loud, parts.mask), expected)
    np.testing.assert_array_equal(chain.chain_mask(parts.chain), parts.mask)


def test_a_chain_comes_apart_as_it_was_put_together():
    parts = Parts(4, forbidden=True)
    found = chain.unpack(chain.pack(parts.transitions, parts.start, parts.end, parts.unaries))
    for one, name in zip(found, ("transitions", "start", "end", "unaries"), strict=True):
        np.testing.assert_array_equal(one, getattr(parts, name))
    assert parts.chain.shape == (B, N + 2 + 4, N)
    assert chain.pack(*(np.zeros(n, "float16") for n in ((2, 2), 2, 2, (1, 1, 2)))).dtype == tf.float32


@pytest.mark.parametrize("scale, compiled", [(CLOSE, False), (FAR, False), (FAR, True)])
def test_a_graph_gives_the_same_with_batch_and_length_unknown_and_compiled(scale, compiled):
    def everything(packed, tags):
        with tf.GradientTape() as tape:
            tape.watch(packed)
            loss = chain.negative_log_likelihood(packed, tags)
        return loss, tape.gradient(loss, packed), chain.viterbi(packed), chain.marginals(packed)

    graph = tf.function(
        everything,
        jit_compile=compiled,
        input_signature=[tf.TensorSpec((None, None, N), tf.float64), tf.TensorSpec((None, None), tf.int32)],
    )
    for length in (4,) if compiled else (1, 4):
        parts = Parts(length, scale, forbidden=True)
        arguments = tf.constant(parts.chain), tf.zeros((B, length), tf.int32)
        for got, expected in zip(graph(*arguments), everything(*arguments), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def test_the_form_for_lite_decodes_the_same():
    for length in (1, 4, 7):
        packed = Parts(length, forbidden=True).chain
        expected = chain.viterbi(packed).numpy()
        with for_export():
            np.testing.assert_array_equal(chain.viterbi(packed), expected)


def test_five_thousand_words_sum_as_exactly_in_float32(random):
    parts = [random.normal(size=shape) for shape in ((N, N), N, N, (1, 5000, N))]
    wide = chain.pack(*parts)

    @tf.function
    def answers(packed):
        return chain.log_normalizer(packed), chain.marginals(packed), chain.viterbi(packed)

    (narrow_sum, narrow_marginals, narrow_tags), (wide_sum, wide_marginals, wide_tags) = map(
        answers, (tf.cast(wide, tf.float32), wide)
    )
    np.testing.assert_allclose(narrow_sum, wide_sum, rtol=1e-6)
    np.testing.assert_allclose(narrow_marginals, wide_marginals, atol=1e-5)
    np.testing.assert_array_equal(narrow_tags, wide_tags)


def test_errors_are_told():
    packed = Parts(4).chain
    with pytest.raises(ValueError, match=r"\(B, N \+ 2 \+ T, N\).*Received: chain of shape \(4, 3\)"):
        chain.viterbi(packed[0, :4])
    with pytest.raises(ValueError, match=r"Received: chain of shape \(4, 4, 3\)"):
        chain.log_normalizer(packed[:, :4])
    with pytest.raises(ValueError, match=r"numbers 0 … 2, padding is -1. Received: \[-2, 7\]"):
        chain.sequence_score(packed, [[0, 7, 1, -2]] * B)
    with pytest.raises(ValueError, match=r"\(batch, length\) = \(4, 4\). Received: tags of shape \(4, 3\)"):
        chain.sequence_score(packed, np.zeros((4, 3), "int32"))
    with pytest.raises(ValueError, match="unaries .B, T, N.. Received: shapes .2, 2., .3,., .3,. and"):
        chain.pack(np.zeros((2, 2)), np.zeros(3), np.zeros(3), np.zeros((1, 4, 3)))
    with pytest.raises(ValueError, match="A mask is boolean"):
        chain.viterbi(packed, np.ones((B, 4)))


def test_a_wrong_tag_that_comes_through_a_graph_shows_in_the_loss_and_moves_nothing_to_nan():
    parts = Parts(4)

    @tf.function
    def loss_and_gradient(packed, tags):
        with tf.GradientTape() as tape:
            tape.watch(packed)
            loss = chain.negative_log_likelihood(packed, tags)
        return loss, tape.gradient(loss, packed)

    loss, gradient = loss_and_gradient(tf.constant(parts.chain), tf.constant([[0, 7, 1, 1]] + [[0] * 4] * 3))
    assert np.isnan(loss).tolist() == [True, False, False, False]
    assert np.isfinite(gradient).all()
