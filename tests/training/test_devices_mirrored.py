"""Several devices give the weights of one. In fresh processes, which are told at their start how many."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_seq.models import load_model

ROOT = Path(__file__).parents[2]
ADDRESS = "127.0.0.1"


def started(arguments, tf_config=None):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    if tf_config is not None:
        environment["TF_CONFIG"] = json.dumps(tf_config)
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    """What a process said on standard error."""
    try:
        _, said = process.communicate(timeout=500)
    finally:
        process.kill()
    assert process.returncode == 0, said[-3000:]
    return said


def free_ports(count):
    sockets = [socket.create_server((ADDRESS, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def tf_configs():
    """TF_CONFIG of each of two machines, both of which are this one."""
    cluster = {"worker": [f"{ADDRESS}:{port}" for port in free_ports(2)]}
    return [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The arrays of `tests.apps.small_trainings` on one device, on two, and on two machines."""
    folder = tmp_path_factory.mktemp("devices")
    places = {place: folder / f"{place}.npz" for place in ("single", "mirrored", "multi_worker")}
    here = [part for place in ("single", "mirrored") for part in (place, places[place])]
    running = [started(["tests.apps.small_trainings", *here])]
    for config in tf_configs():
        running.append(
            started(["tests.apps.small_trainings", "multi_worker", places["multi_worker"]], config)
        )
    for process in running:
        ended(process)
    return {place: dict(np.load(path)) for place, path in places.items()}


@pytest.mark.parametrize("place", ["mirrored", "multi_worker"])
@pytest.mark.parametrize("app", ["sentiment", "tagging", "translation"])
def test_two_devices_give_the_weights_of_one_though_no_batch_divides(found, app, place):
    both = found["single"], found[place]
    one, two = ({key: each[key] for key in each if key.startswith(app)} for each in both)
    assert one.keys() == two.keys() and one[f"{app}/steps"] == two[f"{app}/steps"] >= 50
    for key in one:
        if "loss" not in key:  # of the validation, which counts what fills a batch up
            np.testing.assert_allclose(two[key], one[key], atol=1e-5, err_msg=key)


def test_two_machines_give_the_weights_of_one_and_the_chief_alone_writes(tmp_path):
    from tests.apps.small_trainings import columns

    words, tags, _ = columns("tagging", 7 * 25 - 3)
    lines = [
        [f"{word}\t{tag}" for word, tag in zip(*each, strict=True)] for each in zip(words, tags, strict=True)
    ]
    for name, some in (("train", lines), ("valid", lines[:11])):
        (tmp_path / f"{name}.bio").write_text("\n\n".join("\n".join(each) for each in some) + "\n")
    settings = {"num_layers": 0, "characters": "none", "batch_size": 7, "epochs": 2, "dropout": 0.0}
    settings |= {"embedding_dim": 6, "word_dropout": 0.0, "state_dropout": 0.0}
    given = ["keras_seq.cli", "tagging", "train", "--preset", "toy"]
    given += ["--train", tmp_path / "train.bio", "--valid", tmp_path / "valid.bio"]
    given += [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    running = [started([*given, "--run", tmp_path / "one"])]
    for name, config in zip(("two", "nobody's"), tf_configs(), strict=True):
        run = tmp_path / name
        running.append(started([*given, "--strategy", "multi_worker", "--run", run], config))
    _, chief, other = map(ended, running)
    assert "Training on 2 machines, 2 × CPU; TensorBoard" in chief and "epoch 2/2" in chief
    assert "Training on" not in other and not (tmp_path / "nobody's").exists()
    one, two = (load_model(tmp_path / run / "model.keras") for run in ("one", "two"))
    assert len(one.weights) == len(two.weights)
    for expected, weights in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-5)
    assert sorted(path.name for path in (tmp_path / "two" / "checkpoints").iterdir()) == [
        "epoch-0002-step-000000",
        "epoch-0003-step-000000",
    ]


def test_what_is_mended_is_still_broken_in_this_keras():
    """When it is not, `keras_seq/training/mended_fit.py` can go."""
    import inspect

    source = inspect.getsource(keras.Model._maybe_symbolic_build)
    assert "self.distribute_strategy.reduce(" in source and '"MEAN"' in source
