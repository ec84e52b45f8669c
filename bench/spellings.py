"""Reading and comparing one typed answer over the table of spellings, beside sympy's parse_latex and simplify.

Prints, from one run: the median and the worst time of an answer, and on the formulas that sympy can read, how many
times faster this is. The rows are tests/spellings/*.jsonl, or the files that are named.
"""

import importlib.util
import json
import statistics
import sys
import time
from pathlib import Path

from grader import trying
from grader.algebra import conditions, formulas, polynomials

TESTS = Path(__file__).parents[1] / "tests"
TABLE = TESTS / "spellings"
sys.path.append(str(TESTS / "oracles"))
MOST = 60
"""Formulas that sympy is timed on: it takes a fifth of a second for some."""


def rows(files):
    found = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [row for row in found if "kind" in row]


def timed(row, rounds=3):
    """The shortest time of a few rounds; nothing is kept from one round to the next but the reference."""
    times = []
    for _ in range(rounds):
        for kept in (formulas.compare, conditions.compare, conditions.normal_form, polynomials.quotient):
            kept.cache_clear()
        start = time.perf_counter()
        trying.of_kind(row)
        times.append(time.perf_counter() - start)
    return min(times)


def by_sympy(row):
    """The time that parse_latex and simplify take, or None where sympy cannot read the row."""
    import lark
    import sympy
    from python_spelling import sympy_term
    from sympy.parsing.latex import LaTeXParsingError, parse_latex

    text = row["text"].strip().strip("$")
    reference = sympy_term(row["reference"], **{name: sympy.Symbol(name) for name in row["symbols"]})
    try:
        parse_latex(text, backend=by_sympy.backend)
        start = time.perf_counter()
        found = parse_latex(text, backend=by_sympy.backend)
        sympy.simplify(found - reference)
        return time.perf_counter() - start
    except (LaTeXParsingError, lark.exceptions.LarkError, AttributeError, TypeError, ValueError):
        return None  # what sympy raises where it cannot read a row, or finds no formula in it


def backend():
    return "antlr" if importlib.util.find_spec("antlr4") else "lark"


def main(arguments):
    files = [Path(argument) for argument in arguments] or sorted(TABLE.glob("*.jsonl"))
    table = rows(files)
    for row in table:
        trying.of_kind(row)
    times = {row["id"]: timed(row) for row in table}
    worst = max(times, key=times.get)
    print(f"{len(table)} answers: median {statistics.median(times.values()) * 1e3:.2f} ms,", end=" ")
    print(f"worst {times[worst] * 1e3:.1f} ms ({worst})")
    by_sympy.backend = backend()
    formulas = [row for row in table if row["kind"] == "formula" and row["verdict"] != "invalid"]
    chosen = formulas[:: max(1, len(formulas) // MOST)]
    pairs = [(ours, theirs) for row in chosen for ours, theirs in [(times[row["id"]], by_sympy(row))] if theirs]
    ratios = sorted(theirs / ours for ours, theirs in pairs)
    print(f"{len(pairs)} of {len(chosen)} formulas that sympy reads ({by_sympy.backend}):", end=" ")
    print(f"{statistics.median(ratios):.0f} times faster (median), {ratios[0]:.0f} times at least;", end=" ")
    print(f"{sum(theirs for _, theirs in pairs) / sum(ours for ours, _ in pairs):.0f} times in total")


if __name__ == "__main__":
    main(sys.argv[1:])
