"""What makes hypotheses of unlike length comparable, and what it costs to leave a part of the source out.

    score(Y) = log p(Y) / length_penalty(|Y|) + coverage_penalty(Y)

Reference: Wu et al. 2016, Google's Neural Machine Translation System, equation 14.
"""

from keras import ops

__all__ = ["coverage_penalty", "length_penalty"]

_LEAST = 1e-6


def length_penalty(length, alpha):
    """((5 + |Y|) / 6)^alpha, float32; 1 where alpha is 0.

    Args:
        length: int32, |Y|: the tokens of a hypothesis, the end symbol counted.
        alpha: float; above 0 longer hypotheses are favoured, below 0 shorter ones.
    """
    return ((5.0 + ops.cast(length, "float32")) / 6.0) ** alpha


def coverage_penalty(coverage, mask, beta):
    """beta · Σ_s log(min(coverage_s, 1)) over the kept s: 0 where all the source was attended to.

    A coverage below a millionth counts as a millionth: attention that can be exactly 0 would rule
    hypotheses out.

    Args:
        coverage: `(B, K, S)`, Σ_t weights_ts of each hypothesis.
        mask: bool `(B, S)`, True = keep.
        beta: float, 0 or more.

    Returns:
        `(B, K)`, 0 or less.
    """
    logs = ops.log(ops.clip(coverage, _LEAST, 1.0))
    return beta * ops.sum(ops.where(ops.expand_dims(mask, 1), logs, 0.0), axis=-1)
