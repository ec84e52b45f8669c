"""The functions that act on each entry alone, with their derivatives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader.gradients.shapes import Matrix

Function = Callable[[Matrix], Matrix]

# Where a function asks for a sign it asks the real part, so that a derivative by a complex step goes through.


def _relu(z: Matrix) -> Matrix:
    return np.where(z.real > 0, z, 0.0)


def _positive(z: Matrix) -> Matrix:
    return np.where(z.real > 0, 1.0, 0.0)


def _sigmoid(z: Matrix) -> Matrix:
    return 1 / (1 + np.exp(-z))


def _one(z: Matrix) -> Matrix:
    return np.ones(z.shape)


def _zero(z: Matrix) -> Matrix:
    return np.zeros(z.shape)


def _sign(z: Matrix) -> Matrix:
    return np.asarray(np.sign(z.real))


ENTRYWISE: dict[str, tuple[Function, Function]] = {
    "identity": (lambda z: z, _one),
    "relu": (_relu, _positive),
    "step": (lambda z: np.where(z.real >= 0, 1.0, 0.0), _zero),
    "sign": (_sign, _zero),
    "abs": (lambda z: z * np.sign(z.real), _sign),
    "square": (lambda z: z**2, lambda z: 2 * z),
    "cube": (lambda z: z**3, lambda z: 3 * z**2),
    "sqrt": (np.sqrt, lambda z: 0.5 / np.sqrt(z)),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda z: 1 / z),
}

KINKED = frozenset({"relu", "step", "sign", "abs"})
"""Functions with a place where the derivative is a matter of taste; random instances stay away from it."""


def softmax(z: Matrix) -> Matrix:
    """exp(z_i) / Σ_k exp(z_k); z is shifted by its largest entry, so that no power overflows."""
    powers = np.exp(z - z.real.max())
    return np.asarray(powers / powers.sum())


def softmax_jacobian(z: Matrix) -> Matrix:
    """∂softmax(z)_i / ∂z_j in row i, column j."""
    probabilities = softmax(z).reshape(-1, 1)
    return np.asarray(np.diagflat(probabilities) - probabilities @ probabilities.T)
