"""Scores that join Keras' own: seen by later callbacks, in the history, of the weights that are validated."""

import io

import keras
import numpy as np
import pytest
from rich.console import Console

from keras_seq.training import BestWeights, CorpusMetrics, ProgressLine
from tests.training.test_callbacks import X, Y, fit, one_weight, weight


def closeness_to(target, model):
    return lambda: {"closeness": -abs(weight(model) - target)}


def test_later_callbacks_the_progress_line_and_the_history_see_the_scores(tmp_path):
    model, told = one_weight(), io.StringIO()
    best = BestWeights("closeness")
    followers = [
        CorpusMetrics(closeness_to(2.0, model)),
        best,
        ProgressLine("closeness", steps=1, console=Console(file=told)),
        keras.callbacks.TensorBoard(str(tmp_path)),
    ]
    _, history = fit([5.0, 2.5, 1.0], *followers, model=model)
    assert history.history["val_closeness"] == [-3.0, -0.5, -1.0]
    assert (best.best, weight(model)) == (-0.5, 2.5)
    assert "validation: loss 6.2500  closeness -0.5000" in told.getvalue()
    written = b"".join(path.read_bytes() for path in (tmp_path / "validation").iterdir())
    assert b"closeness" in written


def test_the_scores_are_of_the_averaged_weights_and_of_this_validation_only():
    model, seen = one_weight(), []
    model.compile(keras.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.5), "mse", jit_compile=False)
    model.set_weights([np.array([[4.0]], "float32")])

    def score():
        seen.append(weight(model))
        return {"weight": seen[-1]}

    history = model.fit(
        X,
        Y,
        validation_data=(X, Y),
        validation_freq=2,
        epochs=3,
        callbacks=[CorpusMetrics(score), keras.callbacks.SwapEMAWeights()],
        verbose=0,
    )
    assert len(seen) == 1 and history.history["val_weight"] == pytest.approx(seen)
    assert history.history["val_loss"][0] == pytest.approx(seen[0] ** 2)


def test_without_validation_nothing_is_scored():
    def never():
        raise AssertionError

    _, history = fit([1.0, 2.0], CorpusMetrics(never), validation=False)
    assert set(history.history) == {"loss"}
