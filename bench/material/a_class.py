"""Makes a class of made-up submissions: right, wrong, broken, hard to prove, and with programs. The same every time.

    python bench/material/a_class.py FOLDER --size 500 [--export]

With --export the folder looks like a Gradescope export of a programming assignment, names and recorded scores included.
"""

from __future__ import annotations

import argparse
import json
import random
from itertools import permutations, product
from pathlib import Path

FIRST = (
    "Ada", "Alan", "Grace", "Edsger", "Barbara", "Donald", "Emmy", "Sofia", "Carl", "Leonhard", "Évariste",
    "Srinivasa", "Maryam", "Terence", "Chien",
)  # fmt: skip
LAST = (
    "Lovelace", "Turing", "Hopper", "Dijkstra", "Liskov", "Knuth", "Noether", "Kovalevskaya", "Gauss", "Euler",
    "Galois", "Ramanujan", "Wu",
)  # fmt: skip

COUNTS = {
    ("2.2.2", "time"): (["n^2", "n*n", "n²", "$n^{2}$", "n \\cdot n"], ["2n^2", "n^3", "n", "n^2 + 1", "O(n^2)"]),
    ("2.2.2", "memory"): (["n^2 + n", "n(n+1)", "n + n^2", "n^{2}+n"], ["n^2", "2n", "n^2 + 2n", "n^3 + n"]),
    ("2.3", "reverse", "time"): (["2n", "n + n", "2*n", "2 \\cdot n"], ["n", "2n - 1", "3n", "4n", "n^2"]),
    ("2.3", "reverse", "memory"): (["3n + 1", "1+3n", "n+n+n+1"], ["3n", "2n + 1", "4n", "3n+2"]),
    ("2.3", "forward", "time"): (["2n^2", "n^2 + n^2", "2N^2", "2 n²"], ["n^2", "(2n)^2", "n^2 + n", "2n"]),
    ("2.3", "forward", "memory"): (["n^2 + 3n", "n(n+3)", "n^2+2n+n"], ["n^2 + 2n", "n^2 + n", "n^2", "3n"]),
    ("2.4", "reverse", "time"): (["3mn", "3nm", "nm + nm + mn"], ["2mn", "3m + n", "mn", "3m^2"]),
    ("2.4", "reverse", "memory"): (["2(m + n + mn)", "2mn+2m+2n"], ["mn + m + n", "2mn", "2m + 2n"]),
    ("2.4", "forward", "time"): (["n(2n + m)", "2n^2 + mn", "n^2 + n^2 + nm"], ["2n^2", "n^2 + mn", "3mn"]),
    ("2.4", "forward", "memory"): (["n^2 + mn + 3n + m"], ["n^2 + mn + 2n", "n^2 + mn + n + m"]),
    ("2.4", "forward_better_when"): (["m > n", "n < m", "m >= n + 1", "m - n > 0"], ["m < n", "m >= n", "m > 2n", "m"]),
}
BROKEN = ["2n mults please", "n^+3n", "???", "n(n+1", "1,5 n", "=cmd|' /C calc'!A0", "<b>n</b>", "n\u202e2", "none", ""]
RIGHT_EQUATIONS = {
    "J_bar": ["1"], "S_bar": ["-J_bar", "-1"], "y'_bar": ["S_bar * onehot(t) / y'"],
    "y_bar": ["diag(y') y'_bar - y' (y'^T y'_bar)", "(diag(y') - y' y'^T)^T y'_bar"], "g2_bar": ["W3^T y_bar"],
    "h_bar": ["g2_bar ∘ g1", "g1 \\odot g2_bar"], "g1_bar": ["g2_bar ∘ h"],
    "z2_bar": ["sigmoid'(z2) ∘ g1_bar", "g1 ∘ (1 - g1) ∘ g1_bar"], "z1_bar": ["relu'(z1) ∘ h_bar", "I(z1 > 0) ∘ h_bar"],
    "x_bar": ["W1^T z1_bar + W2^T z2_bar", "W_2^T z2_bar + W_1^\\top z1_bar"],
}  # fmt: skip
WRONG_EQUATIONS = {
    "J_bar": ["0", "-1"], "S_bar": ["J_bar"], "y'_bar": ["onehot(t) / y'", "S_bar / y'"], "y_bar": ["y' ∘ y'_bar"],
    "g2_bar": ["W3 y_bar", "y_bar"], "h_bar": ["g2_bar ∘ h", "g2_bar g1"], "g1_bar": ["g2_bar ∘ g1"],
    "z2_bar": ["sigmoid(z2) ∘ g1_bar"], "z1_bar": ["relu(z1) ∘ h_bar"],
    "x_bar": ["W1^T z1_bar", "W1 z1_bar + W2 z2_bar"],
}  # fmt: skip
EDGES = [["x", "z1"], ["z1", "h"], ["x", "z2"], ["z2", "g1"], ["h", "g2"], ["g1", "g2"], ["g2", "y"], ["y", "y'"],
         ["y'", "S"], ["t", "S"], ["S", "J"]]  # fmt: skip
PROGRAM = """\
import numpy as np

def backward(v):
    J_bar = 1.0
    S_bar = -J_bar
    onehot = np.zeros_like(v["y_prime"]); onehot[v["t"]] = 1
    yp_bar = S_bar * onehot / v["y_prime"]
    y_bar = v["y_prime"] * (yp_bar - (v["y_prime"] * yp_bar).sum())
    g2_bar = v["W3"].T @ y_bar
    h_bar = g2_bar * v["g1"]
    g1_bar = g2_bar * v["h"]
    z2_bar = g1_bar * v["g1"] * (1 - v["g1"])
    z1_bar = h_bar * (v["z1"] > 0)
    return {"J_bar": J_bar, "S_bar": S_bar, "y_prime_bar": yp_bar, "y_bar": y_bar, "g2_bar": g2_bar, "h_bar": h_bar,
            "g1_bar": g1_bar, "z2_bar": z2_bar, "z1_bar": z1_bar, "x_bar": %s}
"""
X_BARS = ['v["W1"].T @ z1_bar + v["W2"].T @ z2_bar', 'v["W1"].T @ z1_bar', "1 / 0"]


def element_in_list(rng: random.Random) -> dict:
    c, forget = rng.choice([2, 2, 3, 5, "5/2"]), rng.random() < 0.3
    rows = [[f"-{c}" if column == row else 0 for column in range(3)] + [c] for row in range(3)]
    if forget:
        return {"W1": rows, "b1": [0, 0, 0], "W2": [-2, -2, -2], "b2": 2}
    if rng.random() < 0.2:
        return {"W1": [[1, 0, 0, -1], [0, 1, 0, -1], [0, 0, 1, -1]], "b1": [0, 0, 0], "W2": [-1, -1, -1], "b2": 2}
    return {"W1": rows, "b1": [0, 0, 0], "W2": [-1, -1, -1], "b2": 2}


def permutation(rng: random.Random) -> dict:
    design = rng.choice(["pairs"] * 6 + ["once"] * 3 + ["relu", "relu", "powers", "sums", "scaled", "smooth"])
    pairs = list(product(range(3), range(3, 6)))
    if design in ("pairs", "once", "scaled", "relu"):
        scale = rng.choice([2, 3, 7]) if design == "scaled" else 2
        rows = [[scale * ((column == i) - (column == j)) for column in range(6)] for i, j in pairs]
        orders = [[int(pair in set(zip(range(3), order))) for pair in pairs] for order in permutations(range(3, 6))]
        equal = "max(0, 1 - |z|)" if design == "relu" else "I(-1 <= z <= 1)"
        last = "I(z = 1)" if design == "once" else "I(z >= 1)"
        return {"layers": [{"W": rows, "activation": equal}, {"W": orders, "activation": "I(z = 3)"},
                           {"W": [[1] * 6], "activation": last}]}  # fmt: skip
    powers = ["identity", "square", "cube"] if design == "powers" else ["identity", "square", "abs"]
    if design == "smooth":
        powers = ["exp", "identity", "square"]
    rows = [[int(column == i) for column in range(6)] for i in range(6) for _ in powers]
    sums = [[(1 if i < 3 else -1) * (power == kind) for i in range(6) for power in range(3)] for kind in range(3)]
    return {"layers": [{"W": rows, "activation": powers * 6}, {"W": sums, "activation": "I(z = 0)"},
                       {"W": [[1, 1, 1]], "activation": "I(z = 3)"}]}  # fmt: skip


def submission(number: int) -> dict[str, str]:
    """The files of one submission."""
    rng = random.Random(number)
    skill = rng.betavariate(4, 1.6)
    kind = rng.choices(["typed", "program", "broken", "empty"], [84, 8, 6, 2])[0]
    if kind == "empty":
        return {"answers.yaml": ""}
    answers: dict = {}
    if rng.random() < 0.95:
        answers["1.1"] = element_in_list(rng)
    if rng.random() < 0.9:
        answers["1.2"] = permutation(rng)
    edges = [edge for edge in EDGES if rng.random() < 0.5 + skill]
    answers["2.1.1"] = {"edges": [f"{source} -> {target}" for source, target in edges]}
    files = {}
    if kind == "program":
        files["backprop.py"] = PROGRAM % rng.choices(X_BARS, [6, 3, 1])[0]
    else:
        answers["2.1.2"] = {name: rng.choice(right if rng.random() < skill else WRONG_EQUATIONS[name])
                            for name, right in RIGHT_EQUATIONS.items()}  # fmt: skip
    answers["2.2.1"] = {"H": [[1, 2, 3], [2, 4, 6], [3, 6, 9]] if rng.random() < skill else "[1 2 3; 2 4 6; 3 6 8]"}
    answers["2.3"] = {"z": [6, 12, 18] if rng.random() < skill else "(6, 12, 16)"}
    for (part, *way), (right, wrong) in COUNTS.items():
        place = answers.setdefault(part, {})
        for step in way[:-1]:
            place = place.setdefault(step, {})
        if rng.random() < 0.97:
            chosen = right if rng.random() < skill else BROKEN if rng.random() < 0.15 else wrong
            place[way[-1]] = rng.choice(chosen)
    text = json.dumps(answers, ensure_ascii=False, indent=1)
    if kind == "broken":
        text = text.replace("]", "", 1) if rng.random() < 0.5 else text.replace('"2.3"', "2.3:\n\t", 1)
    return {"answers.yaml": text, **files}


def make(folder: Path, size: int, export: bool = False) -> Path:
    """Writes the class; gives the folder."""
    metadata = []
    for number in range(size):
        rng = random.Random(-number - 1)
        name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        place = folder / (f"submission_{10_000 + number}" if export else f"{number:04d} {name}")
        place.mkdir(parents=True, exist_ok=True)
        for file, text in submission(number).items():
            (place / file).write_text(text, encoding="utf-8")
        metadata.append(
            f"submission_{10_000 + number}:\n  :submitters:\n  - :name: {name}\n    :sid: '{900_000 + number}'\n"
            f"    :email: s{number}@example.edu\n  :created_at: 2026-02-01 12:00:00.000000000 Z\n"
            f"  :score: {rng.choice([0, 1, 2.5, 4, 5.25, 6])}\n  :status: processed\n  :results: {{}}\n  :history: []\n"
        )
    if export:
        (folder / "submission_metadata.yml").write_text("---\n" + "".join(metadata), encoding="utf-8")
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--export", action="store_true")
    given = parser.parse_args()
    make(given.folder, given.size, given.export)
