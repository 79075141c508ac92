"""Steps are the whole model, word by word; translations are those of a dull loop, wherever they run."""

import json

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from keras import ops

from keras_seq.errors import InputError
from keras_seq.models import ClassifierSettings, Translator, build_classifier
from keras_seq.ops.exporting import for_export
from tests.fresh_process import fresh_process
from tests.models.translators import INPUTS, OPTIONS, SOURCE, TARGET, translator

LONGEST = 6
KEPT = TARGET != 0


@pytest.fixture(scope="module", params=OPTIONS)
def built(request):
    return request.param, translator(request.param)


def dull(model, source_ids):
    """The likeliest word after all words so far, by the whole model anew for each word."""
    words = np.full((len(source_ids), 1), 2, "int32")
    for _ in range(LONGEST):
        logits = np.array(model({"source_ids": source_ids, "target_ids": words}))
        words = np.concatenate([words, logits[:, -1:].argmax(-1).astype("int32")], axis=1)
    return [row[: row.index(2) if 2 in row else LONGEST] for row in words[:, 1:].tolist()]


def words_of(decoded):
    ids, lengths = np.array(decoded.token_ids)[:, 0], np.array(decoded.lengths)[:, 0]
    return [row[:length].tolist() for row, length in zip(ids, lengths, strict=True)]


def test_steps_are_the_whole_model_word_by_word_with_its_weights(built):
    _, model = built
    work = Translator(model)
    logits = np.array(model(INPUTS))
    weights = work.weights(SOURCE, TARGET)
    step, cache = work.start(SOURCE, LONGEST, copies=2)
    cache = work.branched(cache, 2)
    for t in range(4):
        found, looked, cache = step(np.repeat(TARGET[:, t], 2), cache, ops.cast(t, "int32"))
        kept = KEPT[:, t]
        for copy in (found[::2], found[1::2]):
            np.testing.assert_allclose(np.array(copy)[kept], logits[kept, t], atol=2e-5)
        assert (looked is None) == (weights is None) == (not work.attends)
        if looked is not None:
            np.testing.assert_allclose(np.array(looked)[::2][kept], np.array(weights)[kept, t], atol=1e-5)


def test_weights_are_zero_on_padding_of_the_source(built):
    _, model = built
    weights = Translator(model).weights(SOURCE, TARGET)
    if weights is not None:
        weights = np.array(weights)
        assert weights.shape == (3, 4, 5)
        assert not np.swapaxes(weights, 1, 2)[SOURCE == 0].any()
        assert weights[KEPT].any()


def test_a_translation_is_that_of_a_dull_loop(built):
    _, model = built
    assert words_of(Translator(model).translate(SOURCE, max_length=LONGEST)) == dull(model, SOURCE)


@pytest.mark.parametrize("method", ["greedy", "beam"])
def test_a_translation_tells_where_it_looked_as_one_pass_over_its_words_does(built, method):
    _, model = built
    work, options = Translator(model), {"beam_width": 3} if method == "beam" else {}
    found = work.translate(SOURCE, method, max_length=LONGEST, aligned=True, **options)
    token_ids, length = np.array(found.token_ids)[:, 0], np.array(found.lengths)[:, :1]
    expected = work.weights(SOURCE, np.concatenate([np.full((3, 1), 2), token_ids[:, :-1]], axis=1))
    assert (found.weights is None) == (expected is None) == (not work.attends)
    if expected is not None:
        is_word = (np.arange(LONGEST) < length)[:, :, None]
        np.testing.assert_allclose(found.weights, np.where(is_word, expected, 0.0), atol=2e-5)


@pytest.mark.parametrize("kind", ["local_p", "conv_s2s", "transformer"])
def test_in_a_graph_of_any_size_it_translates_the_same(kind):
    work = Translator(translator(kind))
    expected = words_of(work.translate(SOURCE, max_length=LONGEST))
    graph = tf.function(
        lambda source_ids, longest: work.translate(source_ids, max_length=longest),
        input_signature=[tf.TensorSpec((None, None), "int32"), tf.TensorSpec((), "int32")],
    )
    assert words_of(graph(SOURCE, LONGEST)) == expected
    assert words_of(graph(np.pad(SOURCE[:2], [(0, 0), (0, 2)]), LONGEST)) == expected[:2]
    if kind != "conv_s2s":
        compiled = tf.function(work.translate, jit_compile=True)
        assert words_of(compiled(SOURCE, max_length=LONGEST)) == expected


@pytest.mark.parametrize("kind", ["local_p", "conv_s2s", "rotary"])
def test_a_beam_finds_the_same_where_sizes_are_open_and_sentences_leave_it(kind):
    work = Translator(translator(kind))
    options = {"method": "beam", "beam_width": 3, "n_best": 3, "length_penalty": 0.7}
    sources, limits = np.tile(SOURCE, (3, 1)), np.array([8, 2, 5, 1, 8, 3, 7, 0, 4], "int32")
    expected = work.translate(sources, max_length=8, limits=limits, **options)
    graph = tf.function(
        lambda ids, most, limits: work.translate(ids, max_length=most, limits=limits, **options),
        input_signature=[tf.TensorSpec(shape, "int32") for shape in ((None, None), (), (None,))],
    )
    found = graph(sources, 8, limits)
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4)


@pytest.mark.parametrize("kind, method", [("local_p", "beam"), ("conv_s2s", "greedy"), ("rotary", "beam")])
def test_whole_translations_become_builtin_operators_of_lite(kind, method, tmp_path):
    model = translator(kind)
    work, options = Translator(model), {"beam_width": 3} if method == "beam" else {}

    def serve(source_ids):
        return work.translate(source_ids, method, max_length=LONGEST, aligned=True, **options)._asdict()

    module = tf.Module()
    module.variables_of_the_model = [variable.value for variable in model.variables]
    with for_export():
        signature = [tf.TensorSpec((None, None), "int32", name="source_ids")]
        tf.saved_model.save(module, str(tmp_path), tf.function(serve, input_signature=signature))
        converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        content = converter.convert()
    interpreter = Interpreter(model_content=content)
    for source in (SOURCE, SOURCE[1:2, :3]):
        expected = work.translate(source, method, max_length=LONGEST, aligned=True, **options)
        found = interpreter.get_signature_runner()(source_ids=source)
        np.testing.assert_array_equal(found["token_ids"], expected.token_ids)
        np.testing.assert_allclose(found["scores"], expected.scores, atol=1e-4)
        np.testing.assert_allclose(found["weights"], expected.weights, atol=1e-5)


@pytest.mark.parametrize("kind", ["luong", "transformer", "first state"])
def test_all_ways_of_decoding_start_with_the_end_symbol_and_keep_their_limits(kind):
    work = Translator(translator(kind))
    greedy = work.translate(SOURCE, max_length=LONGEST, limits=np.array([1, 2, 0]))
    assert (np.array(greedy.lengths)[:, 0] <= [1, 2, 0]).all()
    beam = work.translate(SOURCE, "beam", max_length=LONGEST, beam_width=3, n_best=2, length_penalty=0.6)
    assert beam.token_ids.shape == (3, 2, LONGEST)
    alone = work.translate(SOURCE[1:2], "beam", max_length=LONGEST, beam_width=3, length_penalty=0.6)
    assert words_of(alone) == words_of(beam)[1:2]
    cold = work.translate(SOURCE, "sample", max_length=LONGEST, temperature=0.0, num_samples=2)
    assert words_of(cold) == words_of(work.translate(SOURCE, max_length=LONGEST))


def test_coverage_takes_the_weights_of_the_steps():
    options = {"max_length": LONGEST, "beam_width": 3}
    work = Translator(translator("luong"))
    plain = work.translate(SOURCE, "beam", **options)
    covered = work.translate(SOURCE, "beam", coverage_penalty=5.0, **options)
    assert not np.allclose(plain.scores, covered.scores)
    with pytest.raises(InputError, match="coverage_penalty"):
        Translator(translator("first state")).translate(SOURCE, "beam", coverage_penalty=5.0, **options)


@pytest.mark.parametrize("kind", ["luong", "transformer", "conv_s2s"])
def test_a_step_multiplies_the_source_by_no_weight(kind):
    """It is projected once: what a step multiplies is never as long as the source and as wide as a weight."""
    model, length = translator(kind), 31
    step, cache = Translator(model).start(np.full((2, length), 5, "int32"), 8)
    graph = tf.function(lambda cache: step(np.array([4, 5]), cache, 0)[0]).get_concrete_function(cache).graph
    products = [node for node in graph.get_operations() if "MatMul" in node.type or "Conv" in node.type]
    weights = {id(variable.value.handle) for variable in model.variables}
    captured = {id(inner): id(outer) for outer, inner in graph.captures}
    assert len(products) >= 5
    for node in products:
        by_weight = [each for each in node.inputs if captured.get(id(_read(each))) in weights]
        assert not (by_weight and any(length in (each.shape.as_list() or ()) for each in node.inputs)), node


def _read(tensor):
    """Of the value of a variable its handle, through casts and copies."""
    while tensor.op.type in ("Cast", "Identity", "ReadVariableOp", "Reshape", "Transpose", "ExpandDims"):
        tensor = tensor.op.inputs[0]
    return tensor


def test_a_model_that_does_not_translate_is_refused():
    model = build_classifier(ClassifierSettings(embedding_dim=4, units=3), 9, 2)
    with pytest.raises(InputError, match="The model 'classifier' is no translator"):
        Translator(model)
    with pytest.raises(InputError, match="no way of decoding 'beams'. Known: 'beam'"):
        Translator(translator("luong")).translate(SOURCE, "beams", max_length=3)


_FRESH = """
import json, sys
import numpy as np
from keras_seq.models import Translator, load_model
source_ids, found = np.array(json.loads(sys.argv[1]), "int32"), {}
for path in sys.argv[2:]:
    work = Translator(load_model(path))
    found[path] = np.array(work.translate(source_ids, "beam", beam_width=3, max_length=6).token_ids).tolist()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Where models were saved, and what they translate."""
    room, expected = tmp_path_factory.mktemp("translators"), {}
    for kind in ("local_p", "transformer"):
        model, path = translator(kind), str(room / f"{kind}.keras")
        model.save(path)
        decoded = Translator(model).translate(SOURCE, "beam", beam_width=3, max_length=6)
        expected[path] = np.array(decoded.token_ids).tolist()
    return expected


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_saved_it_translates_the_same_in_a_fresh_process(backend, saved):
    printed = fresh_process(_FRESH, json.dumps(SOURCE.tolist()), *saved, backend=backend)
    assert json.loads(printed.splitlines()[-1]) == saved
