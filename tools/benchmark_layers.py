"""Time and memory of the attention layers: keras_seq, Keras and PyTorch, side by side.

    python tools/benchmark_layers.py                                     the whole table
    python tools/benchmark_layers.py --layers windowed local_p --lengths 1024 2048 4096
    python tools/benchmark_layers.py --layers additive --lengths 1024 --batch 8 --width 256
    KERAS_BACKEND=jax python tools/benchmark_layers.py                   on JAX, and on a GPU where it has one

Each layer attends from a sequence to itself, float32, without masks or dropout: forward, and forward with
backward (gradients by inputs and weights), compiled as users do: tf.function (--xla: jit_compile=True) or
jax.jit; PyTorch as it is. Beside the local layers stands what the others have: attention over all pairs.

Each contender runs in a process of its own (PyTorch and TensorFlow in one process take each other's threads),
and they take turns, so that a machine that slows down slows all. Printed are the median times and, pair by
pair within a round, the median ratio: above 1, keras_seq is the faster. Memory is what the process, or the
GPU's allocator, grew by at most after a call with a short sequence. A dash: there is no such contender, or it
would need more memory than is free.
"""

import argparse
import contextlib
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

LAYERS = ("scaled_dot", "multi_head", "additive", "windowed", "local_m", "local_p")
CONTENDERS = ("keras_seq", "keras", "torch")
PASSES = ("forward", "both")
SHORT = 8


def serve(contender: str, given: argparse.Namespace) -> None:
    """In a process of its own: megabytes of each pass go out, then the milliseconds of each that comes in."""
    passes, memory = (torch_passes if contender == "torch" else keras_passes)(contender, given)
    for run in passes.values():
        run(SHORT)
    memory.start()
    for run in passes.values():
        run(given.length)
        print(memory.megabytes(), flush=True)
    for line in sys.stdin:
        begun = time.perf_counter()
        passes[line.strip()](given.length)
        print((time.perf_counter() - begun) * 1000, flush=True)


def keras_passes(contender: str, given: argparse.Namespace):
    """The two passes of a Keras layer, `length -> nothing`, and how to measure their memory."""
    import keras
    import numpy as np

    layer = make_layer(contender, given)
    as_list = contender == "keras" and given.layer != "multi_head"
    random = np.random.default_rng(0)
    inputs = {}
    for length in (SHORT, given.length):
        array = random.normal(size=(given.batch, length, given.width)).astype("float32")
        inputs[length] = keras.ops.convert_to_tensor(array)

    def arguments(sequence):
        return ([sequence, sequence],) if as_list else (sequence, sequence)

    layer(*arguments(inputs[SHORT]))  # makes its weights
    backend = {"tensorflow": tensorflow_functions, "jax": jax_functions}[keras.backend.backend()]
    functions, wait, memory = backend(layer, arguments, given.xla)
    return {
        name: lambda length, function=function: wait(function(inputs[length]))
        for name, function in functions.items()
    }, memory


def make_layer(contender: str, given: argparse.Namespace):
    """The layer that a contender has for it."""
    import keras

    from keras_seq import layers
    from keras_seq.layers.attention import scopes

    if contender == "keras":
        if given.layer == "multi_head":
            return keras.layers.MultiHeadAttention(given.heads, given.width // given.heads)
        return keras.layers.AdditiveAttention() if given.layer == "additive" else keras.layers.Attention()
    make = {
        "scaled_dot": layers.DotProductAttention,
        "multi_head": lambda: layers.MultiHeadAttention(given.heads),
        "additive": layers.AdditiveAttention,
        "windowed": lambda: layers.Attention(scope=scopes.WindowedScope(given.window, given.window)),
        "local_m": lambda: layers.Attention(scope=scopes.LocalMonotonicScope(given.window)),
        "local_p": lambda: layers.Attention(scope=scopes.LocalPredictiveScope(given.window)),
    }
    return make[given.layer]()


def tensorflow_functions(layer, arguments, xla):
    import tensorflow as tf

    def forward(inputs, training=False):
        return layer(*arguments(inputs), training=training)

    def both(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(forward(inputs, training=True) ** 2)
        return tape.gradient(loss, [inputs, *(weight.value for weight in layer.trainable_weights)])

    functions = {"forward": forward, "both": both}
    compiled = {name: tf.function(each, jit_compile=xla) for name, each in functions.items()}
    return (
        compiled,
        lambda found: tf.nest.map_structure(lambda tensor: tensor.numpy()[:1], found),
        ProcessMemory(),
    )


def jax_functions(layer, arguments, xla):
    import jax

    weights = [weight.value for weight in layer.trainable_weights]

    def forward(inputs, weights, training=False):
        state = weights, layer.non_trainable_weights
        return layer.stateless_call(*state, *arguments(inputs), training=training)[0]

    def loss(inputs, weights):
        return (forward(inputs, weights, training=True) ** 2).sum()

    functions = {"forward": jax.jit(forward), "both": jax.jit(jax.grad(loss, (0, 1)))}
    with_weights = {name: lambda inputs, each=each: each(inputs, weights) for name, each in functions.items()}
    on_cpu = jax.devices()[0].platform == "cpu"
    return with_weights, jax.block_until_ready, ProcessMemory() if on_cpu else JaxDeviceMemory()


def torch_passes(contender: str, given: argparse.Namespace):
    """The same of PyTorch, on the CPU or on a GPU where it has one."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)
    attention = torch.nn.MultiheadAttention(given.width, given.heads, batch_first=True).to(device)
    inputs = {
        length: torch.randn(given.batch, length, given.width, device=device, requires_grad=True)
        for length in (SHORT, given.length)
    }

    def attend(sequence):
        if given.layer == "multi_head":
            return attention(sequence, sequence, sequence, need_weights=False)[0]
        return torch.nn.functional.scaled_dot_product_attention(sequence, sequence, sequence)

    def wait():
        if device == "cuda":
            torch.cuda.synchronize()

    def forward(length):
        with torch.no_grad():
            attend(inputs[length])
        wait()

    def both(length):
        (attend(inputs[length]) ** 2).sum().backward()
        wait()

    memory = TorchDeviceMemory() if device == "cuda" else ProcessMemory()
    return {"forward": forward, "both": both}, memory


class ProcessMemory:
    """How much the process has grown at most since `start`."""

    def start(self):
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        self.before = self._status("VmRSS")

    def megabytes(self):
        return (self._status("VmHWM") - self.before) / 1024

    def _status(self, name):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name))


class JaxDeviceMemory:
    """What JAX holds on its GPU at most, beyond what it held at the start."""

    def start(self):
        self.before = self._stats()["bytes_in_use"]

    def megabytes(self):
        return (self._stats()["peak_bytes_in_use"] - self.before) / 2**20

    def _stats(self):
        import jax

        return jax.devices()[0].memory_stats()


class TorchDeviceMemory:
    """What PyTorch holds on its GPU at most, beyond what it held at the start."""

    def start(self):
        import torch

        torch.cuda.reset_peak_memory_stats()
        self.before = torch.cuda.memory_allocated()

    def megabytes(self):
        import torch

        return (torch.cuda.max_memory_allocated() - self.before) / 2**20


class Contender:
    """A process that runs a pass when told."""

    def __init__(self, name: str, given: argparse.Namespace, layer: str, length: int):
        settings = {"layer": layer, "length": length, "batch": given.batch, "width": given.width}
        settings |= {"heads": given.heads, "window": given.window}
        arguments = [sys.executable, __file__, "--serve", name, *(["--xla"] if given.xla else [])]
        for option, value in settings.items():
            arguments += [f"--{option}", str(value)]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.name, self.memory, self.times = name, {}, {name: [] for name in PASSES}

    def measure_memory(self) -> None:
        for name in PASSES:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"{self.name} stopped:\n{self.process.stderr.read()[-2000:]}")
            self.memory[name] = float(line)

    def run(self, name: str) -> None:
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        self.times[name].append(float(self.process.stdout.readline()))

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def contenders_of(layer: str, length: int, given: argparse.Namespace) -> list[str]:
    """Who there is and fits in memory."""
    pairs = 4 * given.batch * length * length  # bytes
    # Keras holds the hidden layer of all pairs, or the scores, several times over.
    needs = {"keras": 3 * pairs * given.width if layer == "additive" else 6 * pairs * given.heads}
    here = {
        "keras_seq": True,
        "keras": needs["keras"] < free_memory(),
        "torch": layer != "additive" and importlib.util.find_spec("torch") is not None,
    }
    return [name for name in CONTENDERS if here[name] and name in ("keras_seq", *given.beside)]


def free_memory() -> int:
    """Bytes of memory that nobody uses."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def compare(layer: str, length: int, given: argparse.Namespace) -> None:
    """Let all contenders take turns, and print a row for each pass."""
    contenders = {}
    for name in contenders_of(layer, length, given):
        contenders[name] = Contender(name, given, layer, length)
        contenders[name].measure_memory()
    for name in PASSES:
        for _ in range(given.rounds):
            for contender in contenders.values():
                contender.run(name)
    for contender in contenders.values():
        contender.close()
    for name in PASSES:
        print("|", " | ".join([layer, str(length), name, *row(contenders, name)]), "|", flush=True)


def row(contenders: dict[str, Contender], name: str) -> list[str]:
    """The numbers of one pass: times, ratios, memory; a dash for who is not there."""
    times = {each: contender.times[name] for each, contender in contenders.items()}
    medians = {each: f"{statistics.median(found):,.1f}" for each, found in times.items()}
    ratios = {
        each: f"{statistics.median(a / b for a, b in zip(found, times['keras_seq'], strict=True)):.2f}"
        for each, found in times.items()
    }
    memory = {each: f"{contender.memory[name]:,.0f}" for each, contender in contenders.items()}
    columns = [(medians, CONTENDERS), (ratios, CONTENDERS[1:]), (memory, CONTENDERS)]
    return [found.get(each, "–") for found, names in columns for each in names]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", nargs="+", choices=LAYERS, default=LAYERS)
    parser.add_argument("--lengths", nargs="+", type=int, default=[256, 1024, 4096])
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--heads", type=int, default=4, help="of multi_head; they share the width")
    parser.add_argument("--window", type=int, default=10, help="of the local layers, to each side")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--beside", nargs="*", choices=CONTENDERS[1:], default=CONTENDERS[1:])
    parser.add_argument("--xla", action="store_true", help="under TensorFlow: jit_compile=True")
    parser.add_argument("--serve", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--layer", choices=LAYERS, help=argparse.SUPPRESS)
    parser.add_argument("--length", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if given.serve:
        serve(given.serve, given)
        return
    print(f"batch {given.batch}, width {given.width}, {given.heads} heads, window {given.window}", end="; ")
    print(f"{os.environ.get('KERAS_BACKEND', 'tensorflow')}; {given.rounds} rounds\n")
    print(
        "| layer | tokens | pass | keras_seq ms | Keras ms | PyTorch ms | beside Keras | beside PyTorch ",
        end="",
    )
    print("| keras_seq MB | Keras MB | PyTorch MB |")
    print("|---" * 11 + "|", flush=True)
    for layer in given.layers:
        for length in given.lengths:
            compare(layer, length, given)


if __name__ == "__main__":
    main()
