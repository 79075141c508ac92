"""Logistic regression, two labels, by its gradient; the features may be any linear map."""

import numpy as np
import scipy.optimize
import scipy.sparse.linalg

__all__ = ["logistic_regression"]


def logistic_regression(
    features, is_label: np.ndarray, penalty: float, steps: int = 100
) -> tuple[np.ndarray, float]:
    """The weights and the bias of the smallest loss, or those after so many steps of L-BFGS.

        w, b = argmin Σ_i -ln σ(±(b + (X w)_i)) + penalty / 2 · |w|²

    Args:
        features: X `(N, F)`, a matrix or a `scipy.sparse.linalg.LinearOperator`.
        is_label: bool `(N,)`, the sign.
        penalty: of the squares of w.
        steps: at most.

    Returns:
        w float64 `(F,)` and b.
    """
    features = scipy.sparse.linalg.aslinearoperator(features)
    transposed = features.H
    sign = np.where(is_label, 1.0, -1.0)

    def loss(parameters):
        w, b = parameters[:-1], parameters[-1]
        margin = sign * (features.matvec(w.astype("float32")) + b)
        slope = -sign * scipy.special.expit(-margin)  # of ln(1 + exp(-margin)) by the logit
        gradient = np.append(transposed.matvec(slope.astype("float32")) + penalty * w, slope.sum())
        return np.logaddexp(0, -margin).sum() + penalty / 2 * w @ w, gradient

    start = np.zeros(features.shape[1] + 1)
    found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    return found[:-1], found[-1]
