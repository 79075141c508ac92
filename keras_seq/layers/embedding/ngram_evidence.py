import keras
import numpy as np
from keras import ops

from keras_seq.layers.numbers import require_at_least
from keras_seq.ops import ngrams


@keras.saving.register_keras_serializable("keras_seq")
class NgramEvidence(keras.layers.Layer):
    """How much the word n-grams of a text speak for each label: a linear model over hashed n-grams.

        logits_c = bias_c + Σ_g table[slot(g), c]

    over the different n-grams g of the text, each counted once. An n-gram has two slots to stand in; its
    fingerprint says whether it does. One that was never learnt adds nothing.

    The table is not trained by gradients: `set_evidence` fills it from counts (see
    `keras_seq.pretraining.learn_ngram_evidence`: naive Bayes and logistic regression).

    B batch, T length, C labels, S slots.

    Args:
        num_classes: C, at least 2. Two labels share one column, of opposite signs.
        longest: the largest n.
        slots: S, at most 2,097,143; a prime spreads best.

    Call arguments:
        token_ids: int32 `(B, T)`; 0 is padding on the right, 1 the unknown word.

    Returns:
        logits `(B, C)`.

    Masking: padding, and every n-gram with padding or an unknown word in it, adds nothing.

    Cost: B·T·longest look-ups; S·(4 + 4·C) bytes.

    Raises:
        ValueError: a size below its least.

    Example:

    >>> import numpy as np
    >>> evidence = NgramEvidence(num_classes=2, slots=97)
    >>> tuple(evidence(np.array([[5, 7, 0]])).shape)
    (1, 2)

    Reference: Wang & Manning 2012, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification;
    hashing: Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning.
    """

    def __init__(self, num_classes, longest=3, slots=1_048_573, **kwargs):
        super().__init__(**kwargs)
        require_at_least(2, num_classes=num_classes)
        require_at_least(1, longest=longest, slots=slots)
        self.supports_masking = True
        self.num_classes = num_classes
        self.longest = longest
        self.slots = slots

    @property
    def columns(self):
        """Columns of the table: one for two labels, else one a label."""
        return 1 if self.num_classes == 2 else self.num_classes

    def build(self, token_ids_shape):
        frozen = {"initializer": "zeros", "trainable": False}
        self.table = self.add_weight(name="table", shape=(self.slots, self.columns), **frozen)
        self.fingerprints = self.add_weight(name="fingerprints", shape=(self.slots,), dtype="int32", **frozen)
        self.bias = self.add_weight(name="bias", shape=(self.columns,), **frozen)
        self.built = True

    def set_evidence(self, slots, fingerprints, weights, bias):
        """Fill the table, the n-grams with most to say first; one that finds both its slots taken stays out.

        Args:
            slots, fingerprints: `(G,)` int32 of each n-gram, from `keras_seq.ops.ngrams.hash_ngrams`.
            weights: `(G, columns)`.
            bias: `(columns,)`.
        """
        table, prints = np.zeros((self.slots, self.columns), "float32"), np.zeros(self.slots, "int32")
        waiting = np.argsort(-np.abs(weights).max(axis=1), kind="stable")
        for wanted in (slots, self._second_slot(slots, fingerprints)):
            waiting = waiting[prints[wanted[waiting]] == 0]
            _, first = np.unique(wanted[waiting], return_index=True)  # the first of those that want one slot
            placed = waiting[first]
            table[wanted[placed]], prints[wanted[placed]] = weights[placed], fingerprints[placed]
            waiting = np.delete(waiting, first)
        self.table.assign(table)
        self.fingerprints.assign(prints)
        self.bias.assign(bias)

    def call(self, token_ids):
        slots, fingerprints, there = ngrams.hash_ngrams(token_ids, self.longest, self.slots)  # (B, T, N)
        slots, fingerprints, there = (self._flat(each) for each in (slots, fingerprints, there))  # (B, T·N)
        second = self._second_slot(slots, fingerprints)
        slots = ops.where(self._holds(slots, fingerprints), slots, second)
        learnt = ops.logical_and(there, self._holds(slots, fingerprints))
        values = ops.take(self.table, slots, axis=0)  # (B, T·N, columns)
        logits = ngrams.sum_of_different(values, fingerprints, learnt) + self.bias  # (B, columns)
        return ops.concatenate([-logits / 2, logits / 2], axis=-1) if self.columns == 1 else logits

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def compute_output_shape(self, token_ids_shape):
        return (token_ids_shape[0], self.num_classes)

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "longest": self.longest,
            "slots": self.slots,
        }

    def _second_slot(self, slots, fingerprints):
        return (slots + fingerprints) % self.slots

    def _holds(self, slots, fingerprints):
        return ops.equal(ops.take(self.fingerprints, slots, axis=0), fingerprints)

    def _flat(self, of_each_order):
        return ops.reshape(of_each_order, (ops.shape(of_each_order)[0], -1))
