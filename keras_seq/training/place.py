"""A place where models are trained, found and described."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from keras_seq.data import Parts
from keras_seq.ops.whole_batch import shared_batches
from keras_seq.training.mended_fit import mended_fit

__all__ = ["Place"]


@dataclass(frozen=True)
class Place:
    """Where and how a training computes, once that is known.

    where: in words.
    strategy: a `tf.distribute.Strategy`; None computes on one device.
    precision: `"off"`, `"float16"` or `"bfloat16"`.
    jit: whether TensorFlow compiles the training step by XLA; JAX always does, unless this is False.
    steps_per_execution: steps that TensorFlow does before Python has its turn again.
    wants_static_shapes: each other shape of a batch would be compiled anew.
    is_chief: whether this process writes, of those that train together.
    """

    where: str = "one device"
    strategy: Any = None
    precision: str = "off"
    jit: bool = False
    steps_per_execution: int = 1
    wants_static_shapes: bool = False
    is_chief: bool = True

    @classmethod
    def around(cls) -> "Place":
        """The place that a program of your own has made: its `strategy.scope()`, or one device."""
        if keras.backend.backend() != "tensorflow":
            return cls(jit=True)
        import tensorflow as tf

        return cls(strategy=tf.distribute.get_strategy() if tf.distribute.has_strategy() else None)

    @property
    def policy(self) -> str:
        """Keras' name of the precision."""
        return "float32" if self.precision == "off" else f"mixed_{self.precision}"

    @property
    def told(self) -> str:
        """Everything, in words."""
        said = [self.where]
        if self.precision != "off":
            said.append(f"mixed {self.precision}")
        if self.jit and keras.backend.backend() == "tensorflow":
            said.append("compiled by XLA")
        if self.steps_per_execution > 1:
            said.append(f"{self.steps_per_execution} steps at a time")
        return ", ".join(said)

    def making(self):
        """Inside, models and optimizers are made, or read from a file."""
        return contextlib.nullcontext() if self.strategy is None else self.strategy.scope()

    def fitting(self, model):
        """Inside, `fit` of the model gives what it gives on one device."""
        if self.strategy is None:
            return contextlib.nullcontext()
        import tensorflow as tf

        def sum_over_devices(tensor):
            context = tf.distribute.get_replica_context()
            return tensor if context is None else context.all_reduce(tf.distribute.ReduceOp.SUM, tensor)

        stack = contextlib.ExitStack()
        stack.enter_context(shared_batches(sum_over_devices))
        stack.enter_context(mended_fit(model))
        if self.has_several_machines:
            from keras_seq.training.multi_worker import all_machines_there

            stack.enter_context(all_machines_there())
        return stack

    @property
    def has_several_machines(self) -> bool:
        """Whether other processes train along."""
        if self.strategy is None:
            return False
        import tensorflow as tf

        return isinstance(self.strategy, tf.distribute.MultiWorkerMirroredStrategy)

    def agreed(self, scores):
        """Scores, the same on all machines, which else might end a training one by one.

        Args:
            scores: `{name: number}`.
        """
        if not self.has_several_machines:
            return scores
        import tensorflow as tf

        numbers = tf.constant(list(scores.values()), tf.float64)
        means = self.strategy.reduce(tf.distribute.ReduceOp.MEAN, self.strategy.run(lambda: numbers), None)
        return dict(zip(scores, means.numpy().tolist(), strict=True))

    def shared(self, make: Callable):
        """A dataset as `fit` reads it here: each device its part of each batch.

        Args:
            make: `Parts` or None -> dataset of the batches, or of those parts of them.
        """
        if self.strategy is None:
            return make(None)
        replicas = self.strategy.num_replicas_in_sync

        def of_pipeline(context):
            here = replicas // context.num_input_pipelines
            first = context.input_pipeline_id * here
            return make(Parts(replicas, first, here))

        return self.strategy.distribute_datasets_from_function(of_pipeline)
