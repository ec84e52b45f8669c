"""The backward pass, derived by hand in the homework's notation.

With v̄ for ∂J/∂v as a column, every step s = f(v) gives v the share (∂s/∂v)ᵀ s̄:

- J = −S, so S̄ = −J̄. S = Σ_k I(t = k) log y'_k, so ȳ'_k = S̄ I(t = k) / y'_k.
- y' = softmax(y): ∂y'_i/∂y_j = y'_i (I(i = j) − y'_j). As a matrix P = diag(y') − y' y'ᵀ, and ȳ = Pᵀ ȳ'.
- y = W3 g2 + b3, so ḡ2 = W3ᵀ ȳ. g2 = h ∘ g1, so h̄ = ḡ2 ∘ g1 and ḡ1 = ḡ2 ∘ h.
- g1 = σ(z2) and h = ReLU(z1) act on each entry alone: z̄2 = σ'(z2) ∘ ḡ1 and z̄1 = ReLU'(z1) ∘ h̄.
- x is used twice, in z1 = W1 x + b1 and in z2 = W2 x + b2: x̄ = W1ᵀ z̄1 + W2ᵀ z̄2.
"""

GRAPH = {
    "edges": [
        "x -> z1",
        "z1 -> h",
        "x -> z2",
        "z2 -> g1",
        "h -> g2",
        "g1 -> g2",
        "g2 -> y",
        "y -> y'",
        "y' -> S",
        "t -> S",
        "S -> J",
    ]
}

EQUATIONS = {
    "2.1.2": {
        "where": {"P": "diag(y') - y' y'^T"},
        "J_bar": "1",
        "S_bar": "-J_bar",
        "y'_bar": "S_bar * onehot(t) / y'",
        "y_bar": "P^T y'_bar",
        "g2_bar": "W3^T y_bar",
        "h_bar": "g2_bar ∘ g1",
        "g1_bar": "g2_bar ∘ h",
        "z2_bar": "sigmoid'(z2) ∘ g1_bar",
        "z1_bar": "relu'(z1) ∘ h_bar",
        "x_bar": "W1^T z1_bar + W2^T z2_bar",
    }
}
