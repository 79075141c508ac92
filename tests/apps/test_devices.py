"""The same training wherever and however it computes."""

import numpy as np
import pytest
from keras_seq.apps import Sentiment, Tagging, Translation

from keras_seq.application import verbs
from keras_seq.application.run_folder import RunFolder
from keras_seq.errors import InputError
from keras_seq.training import StopOnNan
from tests.apps.conftest import ends_of, in_graphs, terminated
from tests.apps.small_trainings import app_of, columns

# Without a recurrence a training is traced in a moment. An epoch has 5 steps.
QUICK = {"num_layers": 0, "pooling": "mean", "embedding_dim": 4, "epochs": 2, "batch_size": 8}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    rows = [f"{word} {other} film\t{word}" for word in ("good", "bad") for other in "abcdefghijklmnopqrstuv"]
    path = tmp_path_factory.mktemp("devices") / "train.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


def train(file, name, resume=False, **computing):
    run = file.parent / name
    changes = {} if resume else {**QUICK, "train": str(file)}
    preset = None if resume else "toy"
    verbs.train(Sentiment, run=str(run), preset=preset, changes=changes, resume=resume, **computing)
    return run


@pytest.fixture(scope="module")
def plain(file):
    return train(file, "plain")


def test_several_steps_an_execution_end_each_epoch_where_it_ends(file, plain, capsys):
    run = train(file, "several", steps_per_execution=3)  # of 5
    assert "Training on one CPU, 3 steps at a time; TensorBoard" in capsys.readouterr().err
    assert RunFolder(run).read_metrics()["computed_on"] == "one CPU, 3 steps at a time"
    (arrays, logs), (same_arrays, same_logs) = ends_of(plain), ends_of(run)
    assert arrays == same_arrays and logs == same_logs


def test_a_training_goes_on_within_an_epoch_with_other_steps_an_execution(file, plain):
    with terminated(StopOnNan, "on_train_batch_end", 4, "1 epoch and 2 steps of the next"):
        train(file, "in-twos", steps_per_execution=2)
    assert ends_of(train(file, "in-twos", resume=True, steps_per_execution=3)) == ends_of(plain)


def test_a_training_in_half_precision_goes_on_exactly_and_leaves_a_model_in_float32(file, tmp_path, capsys):
    with terminated(StopOnNan, "on_train_batch_end", 3, "3 steps of the first epoch"):
        train(file, "half", mixed_precision="float16")
    with pytest.raises(InputError, match="began with --mixed-precision float16"):
        train(file, "half", resume=True, mixed_precision="off")
    capsys.readouterr()
    run = train(file, "half", resume=True)
    assert "Training on one CPU, mixed float16; TensorBoard" in capsys.readouterr().err
    assert ends_of(run) == ends_of(train(file, "whole", mixed_precision="float16"))

    app = Sentiment.load(run)
    assert {layer.compute_dtype for layer in app.model.layers} == {"float32"}
    app.export(tmp_path / "lite", format="tflite")  # which compares it with the model


@pytest.mark.parametrize("kind", [Tagging, Translation])
def test_models_of_mixed_precision_answer_in_float32(kind, tmp_path):
    from keras_seq.training import Computing, computing_on

    with computing_on(Computing(mixed_precision="bfloat16")) as place:
        app = app_of(kind.name, epochs=1)
        app.fit(*columns(kind.name, 20), validation_data=columns(kind.name, 5), place=place, verbose=0)
    app.save(tmp_path / "run")
    loaded = kind.load(tmp_path / "run")
    texts = ["good hot down", "old"]
    answers = loaded.predict(texts)
    assert [each["tokens"] for each in answers] == [each["tokens"] for each in app.predict(texts)]
    exported, signatures = in_graphs(loaded)
    assert [each["tokens"] for each in exported.predict(texts)] == [each["tokens"] for each in answers]
    graph = str(signatures["token_ids"].get_concrete_function().graph.as_graph_def())  # loops included
    assert "DT_FLOAT" in graph and "DT_BFLOAT16" not in graph  # which a phone would not know


def test_xla_compiles_the_steps_of_a_training(file, capsys):
    run = train(file, "compiled", jit="on")
    assert "Training on one CPU, compiled by XLA; TensorBoard" in capsys.readouterr().err
    app = Sentiment.load(run)
    assert app.settings.static_shapes
    assert np.isfinite(app.evaluate(["good a film"], ["good"])["loss"])
