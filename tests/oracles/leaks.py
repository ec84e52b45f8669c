"""The search for answers of the reference in a text, in any spelling."""

from __future__ import annotations

import re
from functools import cache

from grader.algebra import conditions, formulas
from grader.language import reading
from grader.language.unreadable import Unreadable
from reference import ANSWERS

SYMBOLS = ("n", "m")
FORMULAS = {item: answer for item, answer in ANSWERS.items() if item.endswith((".time", ".memory"))}
CONDITION = ANSWERS["2.4.forward_better_when"]
RUN = re.compile(
    r"(?<![A-Za-z_\\])(?:[0-9]+|[nmNM]{1,3}(?![A-Za-z_])|\\(?:cdot|times|leq?|geq?|lt|gt)\b"
    r"|\*\*|[-+*/^(){}²³·×⋅<>=≤≥]|[ \t])+"
)


def candidates(text):
    """Every stretch of a text that may be a formula in n and m, without the brackets and signs that hang over."""
    for line in text.splitlines():
        for run in (match[0] for match in RUN.finditer(line)):
            if len(run) < 200 and re.search("[nmNM]", run):
                yield from _pieces(run)


def _pieces(run):
    yield run.strip(" \t+*/^·=")
    inner = re.split(r"[(){}]", run)
    if len(inner) > 1:
        yield from (piece.strip(" \t+*/^·=-") for piece in inner)
        yield run.strip(" \t+*/^·=").strip("(){}")


@cache
def formula(text):
    try:
        return formulas.canonical(reading.formula(text, SYMBOLS).node)
    except Unreadable:
        return None


@cache
def condition(text):
    try:
        return conditions.canonical(reading.condition(text, SYMBOLS).node)
    except Unreadable:
        return None


def told(text):
    """The items whose answer a text gives away."""
    secrets = {formula(answer): item for item, answer in FORMULAS.items()}
    found = set()
    for candidate in candidates(text):
        # "nn" is a common name of a module.
        if re.search(r"[nmNM]", candidate) and not candidate.isalpha():
            found.add(secrets.get(formula(candidate)))
            if re.search(r"[<>≤≥]|\\[lg]", candidate) and condition(candidate) == condition(CONDITION):
                found.add("2.4.forward_better_when")
    return found - {None}


def numbers(text):
    return tuple(float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text))


def arrays(value):
    """The matrices and longer vectors of an answer, flat."""
    if isinstance(value, dict):
        return [array for inner in value.values() for array in arrays(inner)]
    if isinstance(value, (list, tuple)):
        flat = numbers(str(value))
        inside = [array for inner in value for array in arrays(inner)]
        return [flat, *inside] if len(flat) >= 3 and len(set(flat)) > 1 else []
    return []


def _secret_arrays():
    found = {array for item, answer in ANSWERS.items() if not isinstance(answer, str) for array in arrays(answer)}
    # Three small numbers, or a row of ones and zeros, may stand in a row by chance.
    return {
        numbers(str(ANSWERS["2.3.z"])),
        *(array for array in found if len(array) > 12 or (len(array) >= 6 and max(map(abs, array)) > 1)),
    }


ARRAYS = _secret_arrays()


def arrays_told(text):
    """The networks and values that a text gives away. No letter stands among the numbers of one."""
    runs = [numbers(run) for run in re.split(r"[A-Za-z]", text)]
    return [array for array in ARRAYS if any(contains(run, array) for run in runs)]


def contains(sequence, part):
    return any(sequence[start : start + len(part)] == part for start in range(len(sequence) - len(part) + 1))


def bare(equation):
    """An equation without blanks, brackets and signs of multiplication, its names in one spelling."""
    text = equation.lower().replace("y_prime", "y'").replace("sigma", "sigmoid").replace("σ", "sigmoid")
    return re.sub(r"[\s*@∘⊙(){}^_.\\]|odot|circ|top", "", text)


def _secret_equations():
    equations = {**ANSWERS["2.1.2"], **ANSWERS["2.1.2"].get("where", {})}
    secret = {bare(text) for text in equations.values() if isinstance(text, str) and len(bare(text)) > 6}
    return secret | {"+".join(reversed(text.split("+"))) for text in secret}


EQUATIONS = _secret_equations()


def equations_told(text):
    """The backward equations that a text gives away."""
    return [equation for equation in EQUATIONS if equation in bare(text)]


def edges_told(text):
    """The edges of the computation graph that a text gives away."""
    pairs = re.findall(r"([a-zA-Z][\w']*)\s*(->|<-|→|←)\s*(?=([a-zA-Z][\w']*))", text)
    drawn = {(left, right) if arrow in ("->", "→") else (right, left) for left, arrow, right in pairs}
    return [edge for edge in ANSWERS["2.1.1"]["edges"] if tuple(edge.split(" -> ")) in drawn]
