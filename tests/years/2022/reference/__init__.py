"""The answers of another year's homework."""

ANSWERS = {
    "1": {
        "J_bar": "1",
        "R_bar": "J_bar",
        "L_bar": "J_bar",
        "P_bar": "-L_bar T / P",
        "A_bar": "P ∘ (P_bar - (P ∘ P_bar) ones(k) ones(k)^T)",
        "X_bar": "A_bar W^T",
        "W_bar": "X^T A_bar + R_bar W",
        "b_bar": "A_bar^T ones(n)",
    },
    "2": {
        "J_bar": "1",
        "e_bar": "J_bar e",
        "o_bar": "e_bar ∘ I(o > r)",
        "a_bar": "V o_bar",
        "s_bar": "(diag(a) - a a^T) a_bar",
        "q_bar": "K^T s_bar / sqrt(d)",
        "K_bar": "s_bar q^T / sqrt(d)",
        "V_bar": "a o_bar^T",
    },
}
