"""The answers of another year's homework."""

ANSWERS = {
    "1": {
        # Hidden unit i asks x_(i+1) - x_i >= 1, which is x_i < x_(i+1) for integers; the output wants all three.
        "W1": [[-1, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 1]],
        "b1": [-1, -1, -1],
        "W2": [1, 1, 1],
        "b2": -3,
    },
    "2.1": {
        "edges": ["x -> z", "z -> h", "x -> y", "h -> y", "y -> S", "s -> S", "r -> R", "h -> R", "R -> J", "S -> J"]
    },
    "2.2": {
        "J_bar": "1",
        "R_bar": "J_bar",
        "S_bar": "J_bar",
        "y_bar": "S_bar (y - s)",
        "h_bar": "R_bar r + W2^T y_bar",
        "z_bar": "sigmoid'(z) ∘ h_bar",
        "x_bar": "y_bar + W1^T z_bar",
    },
}
