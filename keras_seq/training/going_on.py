import keras

from keras_seq.training.checkpoints import assign_values

__all__ = ["GoingOn"]


class GoingOn(keras.callbacks.Callback):
    """Plain `fit` goes on in the middle of an epoch: the steps that are done are passed over.

        model.fit(
            batches.stream(epoch, step), steps_per_epoch=batches.steps, initial_epoch=epoch,
            callbacks=[GoingOn(epoch, step, metrics, batches.steps), …],
        )

    Of a step that is passed over nothing is read and nothing is computed; its logs are the running metrics as
    they were left. So the numbers of the later steps are right, and an epoch whose steps are all done goes
    straight to its validation. The first of the callbacks: what comes before a step is then seen by all.

    A model with several `steps_per_execution` takes of an endless stream as many steps as the epoch has left,
    where Keras would take a whole execution; so it needs this callback also where it begins anew.

    Args:
        epoch: where it goes on, from 0.
        step: how many of its steps are done.
        metrics: the running metrics at that time, of `metrics_values`.
        steps: of an epoch; None: executions are all of the same number.
    """

    def __init__(self, epoch=0, step=0, metrics=(), steps=None):
        super().__init__()
        self.epoch = epoch
        self.step = step
        self.metrics = metrics
        self.steps = steps
        self._kept = None  # the function of whole executions, while another is in its place
        self._shorter = {}  # number of steps -> the function that takes so many

    def set_model(self, model):
        super().set_model(model)
        self._fitted = model  # to ask for `self.model` costs JAX a copy of all weights, at each step

    def on_epoch_begin(self, epoch, logs=None):
        self._done = self.step if epoch == self.epoch else 0
        if self._done:
            assign_values(self.model.metrics_variables, self.metrics)  # Keras has just reset them
            self._left = self.model.get_metrics_result()

    def on_train_batch_begin(self, batch, logs=None):
        self._train_again()
        whole = self._fitted.steps_per_execution
        end = batch + whole if self.steps is None else min(batch + whole, self.steps)
        number = max(end - max(batch, self._done), 0)
        if number < whole:
            self._kept = self._fitted.train_function
            self._fitted.train_function = self._taking(number) if number else self._pass_over

    def on_test_begin(self, logs=None):
        self._train_again()

    def on_epoch_end(self, epoch, logs=None):
        self._train_again()

    def _train_again(self):
        if self._kept is not None:
            self._fitted.train_function, self._kept = self._kept, None

    def _pass_over(self, *given):
        return self._left if len(given) == 1 else (self._left, given[0])  # JAX: its state goes in and out

    def _taking(self, number):
        """The function that takes so many steps, as the model's own takes a whole execution."""
        model = self._fitted
        if number not in self._shorter:
            if keras.backend.backend() == "tensorflow":  # its graph holds the number
                model.make_train_function(force=True)
            made = model.train_function

            def take(*given):
                whole, model.steps_per_execution = model.steps_per_execution, number
                try:
                    return made(*given)
                finally:
                    model.steps_per_execution = whole

            self._shorter[number] = take
        return self._shorter[number]
