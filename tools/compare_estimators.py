"""How much each estimator of the gradient by a hard choice scatters, beside the exact gradient.

    python tools/compare_estimators.py                       the table, as Markdown
    python tools/compare_estimators.py --samples 4000        with fewer samples of each example

A small reader pools a few words by one hard choice and answers by a small network. Each of several examples
is answered many times; every row of the batch is a sample, whose gradient by what the reader reads is a
sample of the estimate. Its variance is summed over the coordinates, its mean held against the exact gradient,
by enumeration of all positions. The baselines are trained first, the model is not.
"""

import argparse

EXAMPLES, POSITIONS, WIDTH, WARM = 8, 8, 6, 200
WAYS = {
    "`reinforce`, no baseline": {"estimator": "reinforce", "baseline": "none"},
    "`reinforce`, moving average": {"estimator": "reinforce", "baseline": "moving_average"},
    "`reinforce`, learned": {"estimator": "reinforce", "baseline": "learned"},
    "`reinforce`, self-critical": {"estimator": "reinforce", "baseline": "self_critical"},
    "`reinforce`, soft": {"estimator": "reinforce", "baseline": "soft"},
    "`leave_one_out`, 2 samples": {"estimator": "leave_one_out", "samples": 2},
    "`leave_one_out`, 4 samples": {"estimator": "leave_one_out", "samples": 4},
    "`leave_one_out`, 8 samples": {"estimator": "leave_one_out", "samples": 8},
    "`straight_through`, temperature 1": {"estimator": "straight_through", "temperature": 1.0},
    "`straight_through`, temperature 0.3": {"estimator": "straight_through", "temperature": 0.3},
    "`enumerate`": {"estimator": "enumerate"},
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=20_000, help="of each example")
    arguments = parser.parse_args()
    print("| estimator | variance | bias | rows of a step |")
    print("|---|---|---|---|")
    exact, _ = measured(WAYS["`enumerate`"], 2)
    first = None
    for name, options in WAYS.items():
        mean, variance = measured(options, arguments.samples)
        first = first or variance
        # What chance alone would leave between the mean of so many samples and the truth.
        chance = (variance / arguments.samples) ** 0.5
        away = ((mean - exact) ** 2).sum(axis=1).mean() ** 0.5
        bias = "none" if away < 3 * chance + 1e-5 else f"{away / norm(exact):.0%}"
        print(f"| {name} | {max(variance / first, 0):.2f} | {bias} | {rows(options)} |", flush=True)


def norm(gradients):
    """Of the gradients of all examples."""
    return (gradients**2).sum(axis=1).mean() ** 0.5


def rows(options):
    """How many times the rows of a plain step a step has; passes without a way back in brackets."""
    if options["estimator"] == "enumerate":
        return f"{POSITIONS} (+1)"
    another = options.get("baseline") in ("self_critical", "soft")
    return f"{options.get('samples', 1)}{' (+1)' if another else ''}"


def measured(options, samples):
    """The mean estimate of each example `(EXAMPLES, coordinates)`, and the variance of one, in the mean."""
    import keras
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    examples = random.normal(size=(EXAMPLES, POSITIONS, WIDTH)).astype("float32")
    targets = random.integers(0, 4, EXAMPLES)
    model = reader(options)
    train_baseline(model, examples, targets)
    total, squares, done, chunk = 0.0, 0.0, 0, 1000
    while done < samples:
        here = min(chunk, samples - done)
        words = tf.constant(np.repeat(examples, here, axis=0))
        with tf.GradientTape() as tape:
            tape.watch(words)
            outputs = model(words, training=True)
            loss = model.compute_loss(words, np.repeat(targets, here), outputs, training=True)
        gradients = tape.gradient(loss, words).numpy().reshape(EXAMPLES, here, -1).astype("float64")
        total, squares, done = total + gradients.sum(1), squares + (gradients**2).sum(1), done + here
    keras.backend.clear_session()
    mean = total / done
    return mean, float((squares / done - mean**2).sum(axis=1).mean())


def reader(options):
    """Words -> logits of four labels, with weights of a size at which choices matter."""
    import keras
    import numpy as np

    from keras_seq.layers import Attention, AttentionPooling
    from keras_seq.training import Reinforce

    keras.utils.set_random_seed(1)
    words = keras.Input((None, WIDTH))
    context = AttentionPooling(Attention("additive", selection="hard", seed=1))(words)
    logits = keras.layers.Dense(4)(keras.layers.Dense(16, "tanh")(context))
    inner = keras.Model(words, logits)
    random = np.random.default_rng(2)
    for weight in inner.trainable_weights:
        weight.assign(random.normal(size=weight.shape) * 0.7)
    inner.trainable = False
    model = Reinforce(inner, **options)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    return model


def train_baseline(model, examples, targets):
    """Let a baseline see the examples many times; the model stays as it is."""
    import warnings

    import numpy as np

    warnings.filterwarnings("ignore", "The model does not have any trainable weights")
    if model.estimator.baseline.weights:
        for _ in range(WARM):
            model.train_on_batch(np.repeat(examples, 16, axis=0), np.repeat(targets, 16))


if __name__ == "__main__":
    main()
