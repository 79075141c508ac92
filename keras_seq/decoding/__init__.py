"""From a model's probabilities to token ids: greedy, beam search, sampling, for any model that goes in steps.

All of them ask a function, which is all they know of the model:

    step(token_ids, cache, t) -> logits, weights, cache

        token_ids   int32 (N,): the last token of each of N rows; the start symbol at the first step
        cache       nested tensors with axis 0 = N: what the model remembers, all that it knows of a row; a
                    beam search reorders its rows, or has them reordered, and drops those that are done
        t           int32 scalar: which step this is, 0 for the first
        logits      (N, V): log p(next token | the tokens so far), nats, up to a number that all tokens of a
                    row share; V known
        weights     (N, S): the attention of this step over the source, or None
        cache       the same tensors after this step, of the same shapes; sizes that a graph leaves open may
                    grow

Rows: a batch of B with K hypotheses each has N = B·K rows, hypothesis k of b in row b·K + k.

All run eagerly, in graphs with unknown batch and length, under XLA and on JAX (there with `max_length` an
int), and stop when every row is finished. Greedy and beam search also become LiteRT's builtin operators.
"""

from keras_seq.decoding.beam_search import beam_search
from keras_seq.decoding.decoded import NO_HYPOTHESIS, Decoded
from keras_seq.decoding.greedy import greedy
from keras_seq.decoding.sampling import sample

__all__ = ["Decoded", "NO_HYPOTHESIS", "beam_search", "greedy", "sample"]
