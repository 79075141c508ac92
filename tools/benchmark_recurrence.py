"""Training speed of a bidirectional recurrent tagger: keras_seq, Keras and PyTorch, side by side.

    python tools/benchmark_recurrence.py                LSTM and GRU, 64 texts of 64 tokens, and 32 of 200
    python tools/benchmark_recurrence.py --cell lstm --batch 64 --length 64 --rounds 25

One step is: embedding (10,000 × 128), both directions of 128 units, a dense layer to 10 tags, cross-entropy,
Adam; float32, on the CPU. Each contender runs in a process of its own (PyTorch and TensorFlow in one process
take each other's threads) and they take turns, so that a machine that slows down slows all. Printed are the
medians and, pair by pair within a round, the median ratio of the times.

"halved" is keras_seq with half of the cores for each of the two directions, which run side by side:
TF_NUM_INTEROP_THREADS=2 and TF_NUM_INTRAOP_THREADS=<cores / 2>, as anybody can set them for a training.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

CONTENDERS = ("keras_seq", "halved", "keras", "torch")
HALVED = {"TF_NUM_INTEROP_THREADS": "2", "TF_NUM_INTRAOP_THREADS": str(max(1, (os.cpu_count() or 2) // 2))}
VOCABULARY, WIDTH, TAGS = 10_000, 128, 10


def serve(contender: str, cell: str, batch: int, length: int) -> None:
    """In a process of its own: one training step for each line that comes in, its milliseconds going out."""
    step = (
        torch_step(cell, batch, length)
        if contender == "torch"
        else keras_step(contender, cell, batch, length)
    )
    for _ in range(3):
        step()
    print("ready", flush=True)
    for _ in sys.stdin:
        begun = time.perf_counter()
        step()
        print((time.perf_counter() - begun) * 1000, flush=True)


def keras_step(contender: str, cell: str, batch: int, length: int):
    """A step of `fit`'s own training function."""
    import keras
    import numpy as np

    from keras_seq.layers import RecurrentEncoder

    built_in = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
    encoder = (
        RecurrentEncoder(WIDTH, cell=cell)
        if contender != "keras"
        else keras.layers.Bidirectional(built_in(WIDTH, return_sequences=True))
    )
    model = keras.Sequential([keras.layers.Embedding(VOCABULARY, WIDTH), encoder, keras.layers.Dense(TAGS)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    random = np.random.default_rng(0)
    tokens = random.integers(1, VOCABULARY, (batch, length)).astype("int32")
    tags = random.integers(0, TAGS, (batch, length)).astype("int32")
    return lambda: model.train_on_batch(tokens, tags)


def torch_step(cell: str, batch: int, length: int):
    """The same step in PyTorch."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)
    embedding = torch.nn.Embedding(VOCABULARY, WIDTH)
    built_in = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    encoder = built_in(WIDTH, WIDTH, batch_first=True, bidirectional=True)
    dense = torch.nn.Linear(2 * WIDTH, TAGS)
    parameters = [*embedding.parameters(), *encoder.parameters(), *dense.parameters()]
    optimizer = torch.optim.Adam(parameters)
    tokens = torch.randint(1, VOCABULARY, (batch, length))
    tags = torch.randint(0, TAGS, (batch * length,))

    def step():
        optimizer.zero_grad()
        logits = dense(encoder(embedding(tokens))[0])
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, TAGS), tags)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


class Contender:
    """A process that steps when told."""

    def __init__(self, name: str, cell: str, batch: int, length: int):
        arguments = [sys.executable, __file__, "--serve", name, "--cell", cell]
        arguments += ["--batch", str(batch), "--length", str(length)]
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **(HALVED if name == "halved" else {})},
        )
        while (line := self.process.stdout.readline()) != "ready\n":
            if not line:
                raise SystemExit(f"{name} did not start: is it installed? (pip install 'keras_seq[bench]')")

    def step(self) -> float:
        """Milliseconds of one step."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def compare(cell: str, batch: int, length: int, rounds: int, steps: int) -> None:
    """Let all contenders take turns, and print a row for each."""
    contenders = {name: Contender(name, cell, batch, length) for name in CONTENDERS}
    times = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name, contender in contenders.items():
            times[name].append(statistics.median(contender.step() for _ in range(steps)))
    for contender in contenders.values():
        contender.close()
    print(f"\n{cell}, batch {batch}, length {length}: {rounds} rounds of {steps} steps")
    print(f"{'':12}{'ms a step':>10}{'tokens/s':>12}{'speed beside torch':>20}")
    for name, each in times.items():
        ratio = statistics.median(torch / own for torch, own in zip(times["torch"], each, strict=True))
        median = statistics.median(each)
        print(f"{name:12}{median:10.1f}{batch * length / median * 1000:12,.0f}{ratio:20.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cell", choices=("lstm", "gru"))
    parser.add_argument("--batch", type=int)
    parser.add_argument("--length", type=int)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--serve", choices=CONTENDERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.cell, given.batch, given.length)
        return
    shapes = [(64, 64), (32, 200)] if given.batch is None else [(given.batch, given.length or 64)]
    for cell in (given.cell,) if given.cell else ("lstm", "gru"):
        for batch, length in shapes:
            compare(cell, batch, length, given.rounds, given.steps)


if __name__ == "__main__":
    main()
