"""Where and how a training computes, as a person asks for it."""

import os
from dataclasses import dataclass, fields, replace

from keras_seq.errors import InputError, nearest
from keras_seq.training.tf_config import read_tf_config

__all__ = ["CHOICES", "Computing"]

CHOICES = {
    "device": ("auto", "cpu", "gpu", "tpu"),
    "strategy": ("auto", "single", "mirrored", "multi_worker", "tpu"),
    "mixed_precision": ("auto", "off", "float16", "bfloat16"),
    "jit": ("auto", "on", "off"),
}
_SPREADING = ("mirrored", "multi_worker")


@dataclass(frozen=True)
class Computing:
    """What `train` is told of where to compute; no model and no answer depends on it.

    device: `"cpu"`, `"gpu"`, `"tpu"`; `"auto"` takes a GPU where there is one, a TPU only where it is named.
    strategy: `"mirrored"` spreads each batch over all devices of the kind, `"single"` takes one,
        `"multi_worker"` spreads it over the machines of TF_CONFIG, `"tpu"` over the cores of a TPU;
        `"auto"` mirrors where there are several GPUs, and takes `"tpu"` for a TPU.
    mixed_precision: `"float16"` or `"bfloat16"` for what is computed, while weights stay float32; `"off"`.
    jit: whether TensorFlow compiles the training step by XLA.
    steps_per_execution: steps that TensorFlow does before Python has its turn again.
    """

    device: str = "auto"
    strategy: str = "auto"
    mixed_precision: str = "auto"
    jit: str = "auto"
    steps_per_execution: int = 1

    def check(self) -> None:
        """Refuse what does not exist or does not go together, without starting TensorFlow.

        Raises:
            InputError: an unknown name (the nearest are offered); options of which each alone would do.
        """
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise InputError(f"{option(name)} takes {nearest(value, known)}. Received: {value!r}.")
        if self.steps_per_execution < 1:
            raise InputError(
                f"--steps-per-execution is at least 1. Received: {self.steps_per_execution}. Leave it out."
            )
        if "tpu" in (self.device, self.strategy) and (
            self.device not in ("auto", "tpu") or self.strategy not in ("auto", "tpu")
        ):
            raise InputError(
                "A TPU is computed on with the strategy of TPUs. "
                f"Received: --device {self.device} --strategy {self.strategy}. Give --device tpu alone."
            )
        if self.strategy in _SPREADING:
            self.check_spreading(f"--strategy {self.strategy}")
        if self.strategy == "multi_worker":
            read_tf_config(os.environ.get("TF_CONFIG"))

    def check_spreading(self, over: str) -> None:
        """Refuse what TensorFlow cannot do with a batch that is spread over several devices.

        Args:
            over: what an error calls it.

        Raises:
            InputError: it was asked for.
        """
        if self.jit == "on":
            raise InputError(
                f"{over} cannot be compiled by XLA: a compiled step of TensorFlow finds the weights of one "
                "device only. Leave --jit on out, or use --strategy single."
            )
        if self.steps_per_execution > 1:
            raise InputError(
                f"{over} takes one step at a time: TensorFlow cannot put several of them into one graph. "
                f"Received: --steps-per-execution {self.steps_per_execution}. Leave it out, or use "
                "--strategy single."
            )
        if self.mixed_precision == "float16":
            raise InputError(
                f"{over} does not go with float16: Keras looks at one device only to see whether the "
                "gradient is too large for it. Use --mixed-precision bfloat16, or --strategy single."
            )

    def with_precision(self, precision: str) -> "Computing":
        """The same for a training that began in a precision.

        Args:
            precision: `"off"`, `"float16"` or `"bfloat16"`.

        Raises:
            InputError: another one was asked for.
        """
        if self.mixed_precision not in ("auto", precision):
            raise InputError(
                f"This training began with --mixed-precision {precision} and goes on with it. "
                f"Received: --mixed-precision {self.mixed_precision}. Leave it out, or train anew into "
                "another --run."
            )
        return replace(self, mixed_precision=precision)

    @property
    def is_chief(self) -> bool:
        """Whether this process writes; with several machines, one of them does."""
        return self.strategy != "multi_worker" or read_tf_config(os.environ.get("TF_CONFIG"))[1]

    @property
    def is_told(self) -> bool:
        """Whether anything was asked for."""
        return any(getattr(self, field.name) != field.default for field in fields(self))


def option(name: str) -> str:
    """The name of a field as it is typed."""
    return "--" + name.replace("_", "-")
