import keras

from keras_seq.training.checkpoints import assign_values

__all__ = ["GoingOn"]


class GoingOn(keras.callbacks.Callback):
    """Plain `fit` goes on in the middle of an epoch: the steps that are done are passed over.

        model.fit(
            batches.stream(epoch, step), steps_per_epoch=batches.steps, initial_epoch=epoch,
            callbacks=[GoingOn(epoch, step, metrics), …],
        )

    Of a step that is passed over nothing is read and nothing is computed; its logs are the running metrics as
    they were left. So the numbers of the later steps are right, and an epoch whose steps are all done goes
    straight to its validation. The first of the callbacks: what comes before a step is then seen by all.

    Args:
        epoch: where it goes on, from 0.
        step: how many of its steps are done.
        metrics: the running metrics at that time, of `metrics_values`.
    """

    def __init__(self, epoch, step, metrics):
        super().__init__()
        self.epoch = epoch
        self.step = step
        self.metrics = metrics
        self._train = None

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch and self.step:
            assign_values(self.model.metrics_variables, self.metrics)  # Keras has just reset them
            left = self.model.get_metrics_result()
            self._train, self.model.train_function = self.model.train_function, lambda iterator: left

    def on_train_batch_begin(self, batch, logs=None):
        if batch >= self.step:
            self._train_again()

    def on_test_begin(self, logs=None):
        self._train_again()

    def on_epoch_end(self, epoch, logs=None):
        self._train_again()

    def _train_again(self):
        if self._train is not None:
            self.model.train_function, self._train = self._train, None
