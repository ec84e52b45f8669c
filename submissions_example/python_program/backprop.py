"""The backward pass of 2.1.2 as a program, in place of typed equations."""

import numpy as np


def backward(v):
    """The gradients by name, from the forward values by name."""
    J_bar = 1.0
    S_bar = -J_bar
    y_prime_bar = np.zeros_like(v["y_prime"])
    y_prime_bar[v["t"]] = S_bar / v["y_prime"][v["t"]]
    jacobian = np.diag(v["y_prime"]) - np.outer(v["y_prime"], v["y_prime"])
    y_bar = jacobian.T @ y_prime_bar
    g2_bar = v["W3"].T @ y_bar
    h_bar = g2_bar * v["g1"]
    g1_bar = g2_bar * v["h"]
    z2_bar = g1_bar * v["g1"] * (1 - v["g1"])
    z1_bar = h_bar * (v["z1"] > 0)
    x_bar = v["W1"].T @ z1_bar + v["W2"].T @ z2_bar
    return {
        "J_bar": J_bar,
        "S_bar": S_bar,
        "y_prime_bar": y_prime_bar,
        "y_bar": y_bar,
        "g2_bar": g2_bar,
        "h_bar": h_bar,
        "g1_bar": g1_bar,
        "z2_bar": z2_bar,
        "z1_bar": z1_bar,
        "x_bar": x_bar,
    }
