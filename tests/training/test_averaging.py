"""The mean of the last epochs' weights, on a model of one weight whose course is known; and how rates go."""

import keras
import numpy as np
import pytest

from keras_seq.errors import InputError
from keras_seq.losses import TokenCrossentropy
from keras_seq.training import (
    BestWeights,
    Checkpoints,
    MeanOfEpochs,
    TrainingSettings,
    averaging_callback,
    compile_model,
)
from keras_seq.training.schedules import RisingThenFalling, schedule
from tests.fresh_process import fresh_process
from tests.training.test_callbacks import fit, one_weight, weight


def validated():
    """A callback that writes down the weight at each validation."""

    class Note(keras.callbacks.Callback):
        seen = []

        def on_test_end(self, logs=None):
            self.seen.append(weight(self.model))

    return Note()


def test_each_validation_sees_the_mean_of_the_last_epochs_and_training_goes_on_from_the_last():
    note, afterwards = validated(), []
    after = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: afterwards.append(weight(model)))
    model = one_weight()
    fit([1.0, 2.0, 6.0, 4.0], note, MeanOfEpochs(2), after, model=model)
    assert note.seen == [1.0, 1.5, 4.0, 5.0]
    assert afterwards == [1.0, 2.0, 6.0, 4.0]
    assert weight(model) == 5.0


def test_the_best_mean_is_kept_not_the_best_epoch():
    best = BestWeights("loss", mode="min")
    model, _ = fit([1.0, -3.0, 2.0], best, MeanOfEpochs(2))  # means 1, -1, -0.5
    model.set_weights(best.weights)
    assert (weight(model), best.best) == (-0.5, 0.25)


def test_without_validation_training_ends_with_the_mean():
    model, _ = fit([1.0, 2.0, 6.0], MeanOfEpochs(2), validation=False)
    assert weight(model) == 4.0


def test_what_is_not_trained_is_not_averaged():
    model = keras.Sequential([keras.Input((1,)), keras.layers.BatchNormalization()])
    model.compile("sgd", "mse", jit_compile=False)
    moving = []
    model.fit(
        np.arange(8.0)[:, None], np.zeros((8, 1)), epochs=3, verbose=0,
        callbacks=[
            MeanOfEpochs(3),
            keras.callbacks.LambdaCallback(
                on_epoch_end=lambda *_: moving.append(float(model.layers[0].moving_mean[0]))
            ),
        ],
    )  # fmt: skip
    assert len(set(moving)) == 3 and float(model.layers[0].moving_mean[0]) == moving[-1]


def test_taken_up_again_the_mean_is_that_of_a_training_that_was_never_broken_off():
    values = [1.0, 2.0, 6.0, 4.0]
    earlier, later = MeanOfEpochs(3), MeanOfEpochs(3)
    fit(values[:2], earlier)
    later.put_back(*earlier.state())
    model, note = one_weight(), validated()
    note.seen.clear()
    steps = iter(values[2:])
    put = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: model.set_weights([np.array([[next(steps)]], "float32")])
    )
    data = np.ones((8, 1), "float32"), np.zeros((8, 1), "float32")
    again = [put, note, later]
    model.fit(*data, validation_data=data, initial_epoch=2, epochs=4, callbacks=again, verbose=0)
    assert note.seen == [3.0, 4.0]
    assert sorted(later.state()[1]) == ["weights-0002", "weights-0003", "weights-0004"]


def test_the_setting_says_which_average():
    assert averaging_callback(0) is None
    assert isinstance(averaging_callback(0.9), keras.callbacks.SwapEMAWeights)
    epochs = averaging_callback(5.0)
    assert isinstance(epochs, MeanOfEpochs) and epochs.number == 5
    for wrong in (1.0, 2.5):
        with pytest.raises(InputError, match=f"number of epochs, 2 or more. Received: averaging={wrong}"):
            averaging_callback(wrong)
        with pytest.raises(InputError):
            compile_model(one_weight(), TrainingSettings(averaging=wrong), 10, "mse", [])
    model = one_weight()
    compile_model(model, TrainingSettings(averaging=3.0), 10, "mse", [])
    assert not model.optimizer.use_ema


def rates(kind, warmup, steps, total):
    made = schedule(kind, 0.5, warmup, total)
    return [float(made(step)) for step in steps]


def test_the_rate_goes_as_it_is_called():
    np.testing.assert_allclose(rates("constant", 4, [0, 1, 3, 4, 99], 100), [0.125, 0.25, 0.5, 0.5, 0.5])
    np.testing.assert_allclose(
        rates("inverse_sqrt", 4, [0, 3, 15, 99], 100), [0.125, 0.5, 0.25, 0.1], rtol=1e-6
    )
    np.testing.assert_allclose(rates("inverse_sqrt", 0, [0, 3], 100), [0.5, 0.25], rtol=1e-6)
    np.testing.assert_allclose(
        rates("cosine", 4, [0, 2, 4, 52, 100], 100), [0, 0.25, 0.5, 0.25, 0], atol=1e-6
    )
    np.testing.assert_allclose(rates("cosine", 0, [0, 50, 100], 100), [0.5, 0.25, 0], atol=1e-6)


def test_a_schedule_is_saved_with_the_optimizer():
    optimizer = keras.optimizers.AdamW(schedule("inverse_sqrt", 0.5, 4, 100))
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    made = keras.optimizers.schedules.deserialize(again.get_config()["learning_rate"])
    assert isinstance(made, RisingThenFalling) and float(made(15)) == pytest.approx(0.25)


def test_a_fresh_process_takes_up_a_training_by_our_loss_and_schedule(tmp_path):
    model = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(5, 5)])
    settings = TrainingSettings(schedule="inverse_sqrt")
    compile_model(model, settings, 10, TokenCrossentropy(0.1), [])
    ids = np.ones((4, 3), "int32")
    model.fit(ids, ids, epochs=1, callbacks=[Checkpoints(tmp_path, steps=1)], verbose=0)
    script = (
        "import sys; from keras_seq.training.checkpoints import latest_checkpoint, load_checkpoint; "
        "model, *_ = load_checkpoint(latest_checkpoint(sys.argv[1])[0]); print(type(model.loss).__name__)"
    )
    assert fresh_process(script, tmp_path).split()[-1] == "TokenCrossentropy"
