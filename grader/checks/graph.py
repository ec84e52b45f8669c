"""Whether a computation graph is the graph of the forward procedure: missing, reversed and extra edges, and cycles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from grader.assignment.config import Config
from grader.assignment.part_kinds import GraphPart
from grader.gradients import procedure as procedures
from grader.gradients.procedure import Procedure, circle
from grader.report import Exhibit, Finding, Paragraph, Verdict, correct, incorrect

Edge = tuple[str, str]


def problem(name: str, config: Config) -> Procedure:
    """The procedure whose graph a part asks for. Raises ``config.Faulty``."""
    part = config.parts[name]
    assert isinstance(part, GraphPart)
    return procedures.read(config.procedures[part.procedure], part.procedure, config.lines)


def judge(edges: Iterable[Edge], procedure: Procedure, partial: Fraction) -> Finding:
    """The finding for a graph: all edges right, or some of them (``partial`` is their credit), or none.

    Edges from parameters say nothing about the graph over the variables and are left aside.
    """
    given = _between_variables(edges, procedure)
    true = procedure.edges
    missing = [edge for edge in true if edge not in given]
    extra = [edge for edge in given if edge not in true]
    exhibit: Exhibit = {
        "kind": "graph",
        "nodes": list(procedure.variables),
        "edges": [list(edge) for edge in true if edge in given],
        "missing": [list(edge) for edge in missing],
        "extra": [list(edge) for edge in extra],
    }
    canonical = _listed(sorted(given))
    if not missing and not extra:
        whole = Paragraph(f"All {len(true)} edges are there, and no other.")
        return correct("graph.right", whole, canonical=canonical, exhibit=exhibit)
    blocks = tuple(_lines(missing, extra, given))
    found = len(true) - len(missing)
    if not found:
        return incorrect("graph.no_edge", *blocks, canonical=canonical, exhibit=exhibit)
    count = Paragraph(f"{found} of the {len(true)} edges {'is' if found == 1 else 'are'} right.")
    code = "graph.extra" if not missing else "graph.missing" if not extra else "graph.differs"
    return Finding(Verdict.PARTIAL, (count, *blocks), code, partial, canonical, exhibit)


def typed(edges: Iterable[Edge], procedure: Procedure) -> Exhibit:
    """The graph as it was typed, to be drawn where nothing is said of it."""
    given = [list(edge) for edge in _between_variables(edges, procedure)]
    nodes = list(procedure.variables)
    return {"kind": "graph", "nodes": nodes, "edges": given, "missing": [], "extra": [], "judged": False}


def _between_variables(edges: Iterable[Edge], procedure: Procedure) -> list[Edge]:
    return [edge for edge in dict.fromkeys(edges) if edge[0] not in procedure.parameters]


def _listed(edges: list[Edge]) -> str:
    return ", ".join(f"{start} -> {end}" for start, end in edges)


def _counted(edges: list[Edge]) -> str:
    return f"{len(edges)} {'edge' if len(edges) == 1 else 'edges'}"


def _lines(missing: list[Edge], extra: list[Edge], given: list[Edge]) -> Iterator[Paragraph]:
    reversed_ = [edge for edge in extra if edge[::-1] in missing]
    missing = [edge for edge in missing if edge[::-1] not in reversed_]
    extra = [edge for edge in extra if edge not in reversed_]
    if reversed_:
        rule = "An arrow goes from what is read to what is computed from it."
        yield Paragraph(f"Turned round: {_listed(reversed_)}. {rule}", f"Turned round: {_counted(reversed_)}. {rule}")
    if missing:
        rule = "The step on the right of each arrow reads the variable on its left."
        yield Paragraph(
            f"Missing: {_listed(missing)}. {rule}", f"Missing: {_counted(missing)}. Look at what each step reads."
        )
    if extra:
        yield Paragraph(
            f"Too many: {_listed(extra)}. The step on the right of each arrow does not itself read the left one."
        )
    asks = {start: frozenset(end for other, end in given if other == start) for start, _ in given}
    around = next((found for name in asks if (found := circle(asks, name))), ())
    if around:
        yield Paragraph(
            f"These edges go in a circle: {' -> '.join(around)}. A computation graph has none.",
            "Some of the edges go in a circle. A computation graph has none.",
        )
