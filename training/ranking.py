"""Fitting a linear ranking, and measuring one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

L2 = 0.5
"""Penalty, of standardised features."""


def conditional_logit(groups: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The weights w that maximise the probability of a right row under softmax(X w) over each group's rows.

    groups: (X of shape (rows, features), truth of each row); groups without a right row say nothing and are left out.
    The penalty is on standardised features, the weights are for the features as they are. A conditional logit (McFadden 1974).
    """
    every = np.concatenate([x for x, _ in groups])
    scale = np.where(every.std(axis=0) > 0, every.std(axis=0), 1)
    data = [(x / scale, right) for x, right in groups if right.any()]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = L2 * w @ w, 2 * L2 * w
        for x, right in data:
            z = x @ w
            all_rows, some = logsumexp(z), logsumexp(z[right])
            total += all_rows - some
            gradient = gradient + x.T @ np.exp(z - all_rows) - x[right].T @ np.exp(z[right] - some)
        return total / len(data), gradient / len(data)

    weights: np.ndarray = minimize(loss, np.zeros(every.shape[1]), jac=True, method="L-BFGS-B").x / scale
    return weights


def matrix(rows: Sequence[dict[str, float]], names: Sequence[str]) -> np.ndarray:
    """The features of some rows, in the order of the names."""
    return np.array([[row[name] for name in names] for row in rows])


def rounded(weights: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    """The weights under their names, to two decimals, as they are shipped."""
    return {name: round(float(w), 2) + 0.0 for name, w in zip(names, weights, strict=True)}  # + 0.0: no −0.0
