import numpy as np

from keras_seq.testing.case import Case
from keras_seq.testing.differences import expect, expect_close


def randomness(case: Case) -> None:
    """Same seed, same result; no dropout at inference; dropout acts in training, anew at each call."""
    layer = case.new()
    calm = case.run(layer, training=False)
    expect_close(case.run(layer), calm, "called without training=, against training=False", 0.0)
    expect_close(case.run(layer, training=False), calm, "called again at inference", 0.0)

    trained = case.run(layer, training=True)
    expect_close(
        case.run(case.new(), training=True), trained, "made again with the same seed, in training", 0.0
    )
    if _drops(layer.get_config()):
        expect(not _same(trained, calm), "it has dropout, and training gives what inference gives")
        expect(not _same(case.run(layer, training=True), trained), "two calls in training drop the same")
    else:
        expect_close(trained, calm, "it has no dropout, and in training", case.tolerance)


def _same(some, others):
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def _drops(config):
    """Whether a dropout or rate above 0 stands anywhere in the config."""
    if isinstance(config, dict):
        return any(
            (("dropout" in key or key == "rate") and isinstance(value, (int, float)) and value > 0)
            or _drops(value)
            for key, value in config.items()
        )
    return isinstance(config, (list, tuple)) and any(_drops(each) for each in config)
