import time

import keras
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keras_seq.progress import SECONDS_BETWEEN_LINES

__all__ = ["ProgressLine"]


class ProgressLine(keras.callbacks.Callback):
    """Epoch, step, remaining time, loss and the task's own metric while training.

    On a terminal one line that moves; piped, plain lines, one every quarter of a minute and one an epoch.

    Args:
        metric: the metric shown beside the loss, such as `"accuracy"`.
        steps: of an epoch, where Keras cannot know them beforehand.
        passed: steps of the first epoch that an earlier training did.
        console: where it is written; standard error unless told.
    """

    def __init__(self, metric, steps=None, passed=0, console=None):
        super().__init__()
        self.metric = metric
        self.steps = steps
        self.passed = passed
        self.console = console or Console(stderr=True)

    def on_train_begin(self, logs=None):
        self._begun = self._spoken = time.monotonic()
        self._steps_done = 0
        self._bar = None
        if self.console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[scores]}"),
                console=self.console,
                transient=True,
            )
            self._bar.start()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._epoch_begun, self._done = epoch, time.monotonic(), 0
        self._first_epoch = getattr(self, "_first_epoch", epoch)
        if self._bar is not None:
            name = f"epoch {epoch + 1}/{self.params['epochs']}"
            self._task = self._bar.add_task(name, total=self._epoch_steps(), scores="")

    def on_train_batch_end(self, batch, logs=None):
        done = batch + 1 if self._epoch_steps() is None else min(batch + 1, self._epoch_steps())
        passed = self.passed if self._epoch == self._first_epoch else 0
        if done <= passed:
            return
        self._steps_done += done - max(self._done, passed)
        self._done = done
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, completed=done, scores=self._scores(logs))
        elif now - self._spoken > SECONDS_BETWEEN_LINES:
            self._spoken = now
            of = f"/{self._epoch_steps()}" if self._epoch_steps() else ""
            self.say(f"  step {done}{of}  {self._scores(logs)}{self._remaining(now)}")

    def on_epoch_end(self, epoch, logs=None):
        if self._bar is not None:
            self._bar.remove_task(self._task)
        validation = {
            name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")
        }
        behind = f"  validation: {self._scores(validation)}" if validation else ""
        seconds = time.monotonic() - self._epoch_begun
        self.say(f"epoch {epoch + 1}/{self.params['epochs']}  {seconds:.0f} s  {self._scores(logs)}{behind}")

    def on_train_end(self, logs=None):
        self.close()

    def close(self):
        """Give the terminal back: also after an interruption, when Keras ends no training."""
        if getattr(self, "_bar", None) is not None:
            self._bar.stop()
            self._bar = None

    def _epoch_steps(self):
        return self.params.get("steps") or self.steps

    def _scores(self, logs):
        shown = [f"{name} {float(logs[name]):.4f}" for name in ("loss", self.metric) if name in (logs or {})]
        return "  ".join(shown)

    def _remaining(self, now):
        if not self._epoch_steps():
            return ""
        total = self._epoch_steps() * (self.params["epochs"] - self._first_epoch) - self.passed
        seconds = int((now - self._begun) / self._steps_done * max(total - self._steps_done, 0))
        return f"  remaining {seconds // 60}:{seconds % 60:02d}"

    def say(self, line: str) -> None:
        """Print a line beside the bar."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)
