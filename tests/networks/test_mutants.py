"""One weight, bias or activation of a correct network changed: every verdict agrees with plain fractions.

A few dozen mutants in the ordinary run; NETWORK_MUTANTS=5000 for so many.
"""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import plain_networks as plain
from network_families import DESIGNS, Design

from grader import report
from grader.checks import network
from grader.checks.network import Problem
from grader.networks.proof.solver import Limits
from grader.report import Verdict

HOW_MANY = int(os.environ.get("NETWORK_MUTANTS", "40"))
PREDICATES = {"1.1": plain.element, "1.2": plain.permutation}
RIGHT = [d for d in DESIGNS if d.verdict == "correct" and d.family not in ("deep", "padded", "far")]
TEXTS = ["z", "relu", "abs", "square", "sign", "I(-1 <= z <= 1)", "I(z = 0)", "I(z = 1)", "I(z >= 1)", "I(z <= 2)"]


def mutant(design: Design, random: Random) -> plain.Plain:
    layers = deepcopy(design.layers)
    rows, biases, texts = layers[random.randrange(len(layers))]
    unit = random.randrange(len(rows))
    what = random.random()
    slip = random.choice([1, -1, 2, Fraction(1, 2), Fraction(1, 10**17), -(10**6)])
    if what < 0.5:
        column = random.randrange(len(rows[unit]))
        rows[unit][column] = random.choice([rows[unit][column] + slip, -rows[unit][column], Fraction(0)])
    elif what < 0.75:
        biases[unit] += slip
    else:
        texts[unit] = random.choice(TEXTS)
    return layers


def points(inputs: int, random: Random) -> list[tuple[int, ...]]:
    near = list(product(range(-1, 2), repeat=inputs))
    far = []
    for _ in range(150):
        scale = 10 ** random.choice((0, 1, 1, 2, 4, 8, 31))
        half = [random.choice((0, scale, random.randint(-scale, scale))) for _ in range(inputs // 2)]
        rest = random.sample(half, len(half))
        if random.random() < 0.4:
            rest[0] += random.choice((1, -1, scale))
        far.append((*half, *rest))
    return near + far


def test_every_verdict_on_a_mutant_agrees_with_plain_fractions(problems: dict[str, Problem]) -> None:
    random = Random(int(os.environ.get("NETWORK_MUTANTS_SEED", "5")))
    verdicts: dict[Verdict, int] = {}
    for number in range(HOW_MANY):
        design = RIGHT[number % len(RIGHT)]
        layers = mutant(design, random)
        problem = replace(problems[design.part], box=(-3, 3), limits=Limits(1))
        finding = network.examine(plain.typed(layers, design.inputs), problem)
        verdicts[finding.verdict] = verdicts.get(finding.verdict, 0) + 1
        message = f"mutant {number} of {design.name}: {report.plain(finding.blocks)[:400]}"
        if finding.verdict in (Verdict.CORRECT, Verdict.PARTIAL):
            places = points(design.inputs, random)
            wrong = [x for x in places if plain.fails(layers, PREDICATES[design.part], x)]
            allowed = finding.verdict is Verdict.PARTIAL
            assert all(allowed and (len(set(x[:3])) < 3 or len(set(x[3:])) < len(x[3:])) for x in wrong), (
                message,
                wrong,
            )
        if finding.exhibit is not None:
            x = [int(value.replace("10^", "1e")) if "^" not in value else 10 ** int(value.split("^")[1])
                 for value in finding.exhibit["inputs"].values() if "…" not in value]  # fmt: skip
            if len(x) == design.inputs and all("-10^" not in value for value in finding.exhibit["inputs"].values()):
                assert plain.fails(layers, PREDICATES[design.part], x), message
    print("mutants:", {str(verdict): count for verdict, count in sorted(verdicts.items())})
    assert verdicts.get(Verdict.INCORRECT, 0) > HOW_MANY // 3
