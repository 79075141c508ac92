"""End-to-end memory networks: both tying schemes by loops over batch, hops, sentences and words."""

import keras
import numpy as np
import pytest

from keras_seq.layers import EndToEndMemory, MemoryHops
from tests.layers.letters import letter_of

B, N, W, Q, V, U, K = 2, 4, 5, 3, 11, 7, 3
LENGTHS = np.array([[3, 1, 5, 0], [2, 0, 4, 1]])  # words of each sentence; one empty between others
QUERY_LENGTHS = [3, 2]
SCHEMES = ["adjacent", "layer_wise"]


@pytest.fixture
def stories(random):
    memory = np.where(np.arange(W) < LENGTHS[..., None], random.integers(1, V, (B, N, W)), 0)
    query = np.where(np.arange(Q) < np.array(QUERY_LENGTHS)[:, None], random.integers(1, V, (B, Q)), 0)
    return {"query": query.astype("int32"), "memory": memory.astype("int32")}


def learnt(layer, random):
    """The layer's weights by name, made large enough that the softmax is not flat."""
    for weight in layer.trainable_weights:
        weight.assign(random.normal(size=weight.shape) * 0.5)
    return {weight.name: weight.numpy() for weight in layer.trainable_weights}


def softmax(scores):
    raw = np.exp(scores)
    return raw / raw.sum()


def sentence_by_loops(table, words, positions):
    """Section 4.1: Σ_j l_j ∘ table[x_j], with l_kj = (1 - j/J) - (k/d)(1 - 2j/J), j and k from 1."""
    result = np.zeros(U)
    for j, word in enumerate(words, 1):
        for k in range(1, U + 1):
            share = j / len(words)
            weight = (1 - share) - (k / U) * (1 - 2 * share) if positions else 1.0
            result[k - 1] += weight * table[word, k - 1]
    return result


def hops_by_loops(question, keys, values, between_hops=None, normalize=softmax):
    """Equations 1, 2 and 4 of one story: keys and values a hop `(K, n, U)` -> state, weights `(K, n)`."""
    state, weights = question, []
    for key, value in zip(keys, values, strict=True):
        p = normalize(np.array([state @ each for each in key])) if len(key) else np.zeros(0)
        o = sum((weight * each for weight, each in zip(p, value, strict=True)), np.zeros(U))
        state = o + (state if between_hops is None else state @ between_hops)
        weights.append(p)
    return state, weights


def by_loops(found, tying, stories, positions, times):
    """The whole network on one story after the other; A^k, C^k and B by the scheme's own rules."""
    A = [found["table_0"] if tying == "layer_wise" else found[f"table_{k}"] for k in range(K)]
    C = [found["table_1"] if tying == "layer_wise" else found[f"table_{k + 1}"] for k in range(K)]
    question_table = found["table_2"] if tying == "layer_wise" else A[0]
    states, weights = [], np.zeros((B, K, N))
    for b in range(B):
        there = [n for n in range(N) if LENGTHS[b, n]]
        sentences = [stories["memory"][b, n, : LENGTHS[b, n]] for n in there]
        encoded = []
        for tables, first in ((A, 0), (C, 1)):
            encoded.append([])
            for k, table in enumerate(tables):
                vectors = [sentence_by_loops(table, words, positions) for words in sentences]
                if times:
                    time = found[f"time_{first}" if tying == "layer_wise" else f"time_{k + first}"]
                    # The last sentence is number 1 of the paper, the first row here; the oldest share a row.
                    vectors = [
                        vector + time[min(len(vectors) - 1 - place, times - 1)]
                        for place, vector in enumerate(vectors)
                    ]
                encoded[-1].append(vectors)
        question = sentence_by_loops(question_table, stories["query"][b, : QUERY_LENGTHS[b]], positions)
        state, found_weights = hops_by_loops(question, *encoded, found.get("between_hops"))
        states.append(state)
        weights[b][:, there] = found_weights
    return np.array(states), weights


@pytest.mark.parametrize("tying", SCHEMES)
@pytest.mark.parametrize(("positions", "times"), [(False, None), (True, None), (True, 2), (False, 9)])
def test_the_hops_are_the_papers_formulas(stories, random, tying, positions, times):
    layer = EndToEndMemory(V, U, K, tying, position_encoding=positions, max_age=times)
    layer(**stories)
    found = learnt(layer, random)
    state, weights = layer(**stories, return_attention_scores=True)
    expected, expected_weights = by_loops(found, tying, stories, positions, times)
    np.testing.assert_allclose(state, expected, atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-5)


@pytest.mark.parametrize("tying", SCHEMES)
def test_answers_are_read_off_by_the_last_output_embedding_or_a_matrix_of_their_own(stories, random, tying):
    layer, states = (EndToEndMemory(V, U, K, tying, answer=answer) for answer in (True, False))
    layer(**stories), states(**stories)
    found = learnt(layer, random)
    states.set_weights([found[weight.name] for weight in states.weights])
    answer_table = found["table_3"]  # C^3, or W after A, C and B
    np.testing.assert_allclose(
        layer(**stories), np.array(states(**stories)) @ answer_table.T, atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("hops", [1, 2, 5])
def test_a_scheme_has_as_many_weights_as_the_paper_says(stories, hops):
    def count(tying, **options):
        layer = EndToEndMemory(V, U, hops, tying, answer=True, **options)
        layer(**stories)
        return layer.count_params()

    # Adjacent: A^1 = B, then C^1 … C^K, the last of which answers; one T for each.
    assert count("adjacent") == (hops + 1) * V * U
    assert count("adjacent", max_age=6) == (hops + 1) * (V + 6) * U
    # Layer-wise: A, C, B, W and H, however many hops; T_A and T_C.
    assert count("layer_wise") == 4 * V * U + U * U
    assert count("layer_wise", max_age=6) == 4 * V * U + U * U + 2 * 6 * U


@pytest.mark.parametrize("tying", SCHEMES)
@pytest.mark.parametrize("softmax_", [True, False])
def test_over_vectors_the_same_hops_run_on_projected_memories(random, tying, softmax_):
    memory, query = random.normal(size=(B, N, 6)).astype("float32"), random.normal(size=(B, 6))
    query = query.astype("float32")
    keep = np.array([[True, True, True, False], [True, False, True, True]])
    layer = MemoryHops(U, K, tying, softmax=softmax_)
    layer(query, memory)
    found = learnt(layer, random)
    state, weights = layer(query, memory, memory_mask=keep, return_attention_scores=True)
    shared = tying == "layer_wise"
    for b in range(B):
        keys = [memory[b][keep[b]] @ found[f"table_{0 if shared else k}"] for k in range(K)]
        values = [memory[b][keep[b]] @ found[f"table_{1 if shared else k + 1}"] for k in range(K)]
        expected, expected_weights = hops_by_loops(
            query[b] @ found["table_2" if shared else "table_0"],
            keys, values, found.get("between_hops"), softmax if softmax_ else (lambda scores: scores),
        )  # fmt: skip
        scale = np.abs(expected).max()
        np.testing.assert_allclose(np.array(state)[b] / scale, expected / scale, atol=1e-5)
        np.testing.assert_allclose(np.array(weights)[b][:, keep[b]], expected_weights, atol=1e-4, rtol=1e-4)
        assert not np.array(weights)[b][:, ~keep[b]].any()


@pytest.mark.parametrize("tying", SCHEMES)
def test_padding_and_empty_sentences_change_nothing_and_weigh_nothing(stories, random, tying):
    layer = EndToEndMemory(V, U, K, tying, max_age=3)
    layer(**stories)
    learnt(layer, random)
    before, weights = layer(**stories, return_attention_scores=True)
    assert not np.array(weights).transpose(0, 2, 1)[LENGTHS == 0].any()
    longer = {
        "query": np.pad(stories["query"], [(0, 0), (0, 2)]),
        "memory": np.insert(np.pad(stories["memory"], [(0, 0), (0, 2), (0, 1)]), 1, 0, axis=1),
    }
    after, more_weights = layer(**longer, return_attention_scores=True)
    np.testing.assert_allclose(after, before, atol=1e-5)
    np.testing.assert_allclose(np.delete(more_weights, 1, axis=2)[..., :N], weights, atol=1e-6)


def test_from_an_empty_memory_nothing_is_read(stories):
    layer = EndToEndMemory(V, U, K, max_age=3)
    state, weights = layer(stories["query"], stories["memory"] * 0, return_attention_scores=True)
    assert not np.array(weights).any()
    np.testing.assert_allclose(state, question_of(layer)(stories["query"]), atol=1e-6)


def question_of(layer):
    """u^1 alone."""
    table = layer.tables[0].numpy()
    return lambda query: [sentence_by_loops(table, row[row > 0], True) for row in query]


def test_training_may_start_linear_and_go_on_with_the_softmax(stories, random):
    layer = EndToEndMemory(V, U, K)
    layer(**stories)
    learnt(layer, random)
    with_softmax = np.array(layer(**stories))
    layer.softmax = False
    assert not np.allclose(layer(**stories), with_softmax)
    layer.softmax = True
    np.testing.assert_array_equal(layer(**stories), with_softmax)


def test_it_learns_where_an_object_was_last_seen():
    """`who moved where`, asked `where is who`: the answer stands in the last sentence about them."""
    random = np.random.default_rng(0)
    who, where = random.integers(2, 5, (600, 6)), random.integers(5, 9, (600, 6))
    asked = who[np.arange(600), random.integers(0, 6, 600)]
    last = np.array([max(n for n in range(6) if row[n] == one) for row, one in zip(who, asked, strict=True)])
    keras.utils.set_random_seed(1)
    query, memory = keras.Input((1,), dtype="int32"), keras.Input((6, 2), dtype="int32")
    logits = EndToEndMemory(9, 16, hops=1, max_age=6, answer=True)(query, memory)
    model = keras.Model([query, memory], logits)
    model.compile(
        keras.optimizers.Adam(0.03),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    inputs = [asked[:, None].astype("int32"), np.stack([who, where], -1).astype("int32")]
    answers = where[np.arange(600), last]
    model.fit([each[:500] for each in inputs], answers[:500], epochs=15, batch_size=50, verbose=0)
    assert model.evaluate([each[500:] for each in inputs], answers[500:], verbose=0)[1] > 0.8


def test_an_unknown_tying_is_told_the_nearest():
    assert letter_of(MemoryHops, 4, tying="layerwise") == (
        "Unknown tying. Expected 'layer_wise'. Received: tying='layerwise'"
    )


@pytest.mark.parametrize("name", ["units", "hops"])
def test_sizes_below_one_are_refused(name):
    assert letter_of(MemoryHops, **{"units": 4, name: 0}) == f"{name} must be at least 1. Received: {name}=0"


def test_an_age_below_one_is_refused():
    letter = letter_of(MemoryHops, 4, max_age=0)
    assert letter == "max_age must be at least 1, or None for no encoding of time. Received: max_age=0"


def test_a_vocabulary_of_padding_alone_is_refused():
    assert "vocabulary_size must be at least 2" in letter_of(EndToEndMemory, 1, 4)


def test_wrong_ranks_and_widths_are_told(stories):
    vectors = np.zeros((2, 3, 4), "float32")
    letter = letter_of(MemoryHops(4), vectors, vectors)
    assert "query must be of rank 2: (batch, width). Received: query of shape (2, 3, 4)" in letter
    letter = letter_of(MemoryHops(4), vectors[:, 0, :3], vectors)
    assert "both are equally wide. Received: query of shape (2, 3), memory of shape (2, 3, 4)" in letter
    letter = letter_of(EndToEndMemory(V, U), stories["query"], stories["query"])
    assert "memory must be of rank 3: (batch, sentences, words). Received: memory of shape (2, 3)" in letter
