"""A student's computation graph as a picture, with the edges that are missing and those that do not belong marked.

Layers go by longest path, with few crossings (Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from math import hypot
from statistics import fmean as mean

from markupsafe import Markup

from grader.report import Exhibit
from grader.reporters.html import drawing

Edge = tuple[str, str]
Point = tuple[float, float]
_Cell = tuple[str, ...]
"""A node, or the place (source, target, layer) where a long edge passes a layer."""

_ACROSS, _DOWN, _MARGIN, _RADIUS = 74.0, 66.0, 30.0, 17.0
_NODES_SHOWN = 40
_WORDS = {"given": "", "missing": "missing", "extra": "should not be there"}


def draw(exhibit: Exhibit) -> Markup:
    """The picture of ``{"kind": "graph", "nodes", "edges", "missing", "extra"}``; empty if too large to read.

    With ``"judged": False`` it is the graph as it was typed, and the picture's words claim nothing.
    """
    kinds: dict[Edge, str] = {}
    for kind, key in (("given", "edges"), ("missing", "missing"), ("extra", "extra")):
        kinds.update({(str(source), str(target)): kind for source, target in exhibit.get(key, ())})
    nodes = list(dict.fromkeys([*map(str, exhibit["nodes"]), *(node for edge in kinds for node in edge)]))
    if not nodes or len(nodes) > _NODES_SHOWN:
        return Markup("")
    # The missing edges shape the layers and the extra ones do not: so the graph looks as it should be.
    extra = [edge for edge, kind in kinds.items() if kind == "extra"]
    places, paths = place(nodes, [edge for edge, kind in kinds.items() if kind != "extra"], extra)
    at = {cell: (_MARGIN + x * _ACROSS, _MARGIN + y * _DOWN) for cell, (x, y) in places.items()}
    width, height = (max(values) + _MARGIN for values in zip(*at.values()))
    parts = [_arrow(kind) for kind in _WORDS]
    for edge, kind in sorted(kinds.items(), key=lambda pair: list(_WORDS).index(pair[1])):
        start, end = at[edge[:1]], at[edge[1:]]
        if start == end:
            x, y = start
            parts.append(f'<path class="edge {kind}" d="M{x + 12:.1f},{y - 12:.1f} c26,-22 26,46 2,26"/>')
            continue
        bent = edge in paths and edge[::-1] not in kinds
        path = _curve([at[cell] for cell in paths[edge]]) if bent else _arc(start, end)
        title = f"{edge[0]} → {edge[1]}" + (f": {_WORDS[kind]}" if _WORDS[kind] else "")
        tip = Markup("<title>%s</title>") % drawing.short(title, 120)
        parts.append(f'<path class="edge {kind}" marker-end="url(#arrow-{kind})" d="{path}">{tip}</path>')
    for node in nodes:
        x, y = at[(node,)]
        parts.append(f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"/>')
        parts.append(drawing.text(x, y + 4.5, node, "value", width=6))
    label = _described(kinds, exhibit.get("judged", True))
    return drawing.picture(max(width + 12, 150), height, label, parts, "graph")


def _described(kinds: dict[Edge, str], judged: bool) -> str:
    def listed(*wanted: str) -> str:
        return ", ".join(f"{source} → {target}" for (source, target), kind in kinds.items() if kind in wanted)

    if not judged:
        return f"Your computation graph: {listed(*_WORDS)}"
    wrong = [f"{kind}: {listed(kind)}" for kind in ("missing", "extra") if kind in kinds.values()]
    return "Computation graph" + (f" ({'; '.join(wrong)})" if wrong else ", as it should be")


def _arrow(kind: str) -> str:
    return (
        f'<marker id="arrow-{kind}" class="arrow {kind}" viewBox="0 0 10 10" refX="9" refY="5" '
        'markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0,0.8 L10,5 L0,9.2 z"/></marker>'
    )


def _curve(points: list[Point]) -> str:
    """A line from rim to rim that bends gently at each place it passes."""
    points = [_rim(points[0], points[1], 1), *points[1:-1], _rim(points[-1], points[-2], 3)]
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for index, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        bend = (y2 - y1) * 0.42
        first = (x1 + (x2 - x1) * 0.3, y1 + (y2 - y1) * 0.3) if index == 0 else (x1, y1 + bend)
        last = (x2 - (x2 - x1) * 0.3, y2 - (y2 - y1) * 0.3) if index == len(points) - 2 else (x2, y2 - bend)
        path.append(f"C{first[0]:.1f},{first[1]:.1f} {last[0]:.1f},{last[1]:.1f} {x2:.1f},{y2:.1f}")
    return " ".join(path)


def _arc(start: Point, end: Point) -> str:
    """A bow: between nodes of one layer under what stands between them, else to the left of its direction."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = hypot(across, down)
    reach = min(46.0, 14 + length * 0.16)
    aside = (0.0, reach) if down == 0 else (down / length * reach, -across / length * reach)
    bow = ((start[0] + end[0]) / 2 + aside[0], (start[1] + end[1]) / 2 + aside[1])
    (x1, y1), (x2, y2) = _rim(start, bow, 1), _rim(end, bow, 3)
    return f"M{x1:.1f},{y1:.1f} Q{bow[0]:.1f},{bow[1]:.1f} {x2:.1f},{y2:.1f}"


def _rim(centre: Point, towards: Point, slack: float) -> Point:
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    share = (_RADIUS + slack) / (hypot(dx, dy) or 1.0)
    return centre[0] + dx * share, centre[1] + dy * share


def place(nodes: list[str], edges: list[Edge], loose: list[Edge]) -> tuple[dict[_Cell, Point], dict[Edge, list[_Cell]]]:
    """Where the nodes of any graph go, as (column, layer), and what each edge between layers passes.

    An edge that closes a cycle runs upwards; ``loose`` edges do not shape the layers.
    """
    layer = _layers(nodes, edges)
    rows: list[list[_Cell]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        rows[layer[node]].append((node,))
    paths: dict[Edge, list[_Cell]] = {}
    beside: dict[_Cell, list[_Cell]] = defaultdict(list)
    for source, target in [*edges, *loose]:
        if layer[source] == layer[target]:
            continue
        top, bottom = sorted((source, target), key=lambda node: layer[node])
        between: list[_Cell] = [(source, target, str(row)) for row in range(layer[top] + 1, layer[bottom])]
        for cell in between:
            rows[int(cell[2])].append(cell)
        way: list[_Cell] = [(top,), *between, (bottom,)]
        paths[source, target] = way if top == source else way[::-1]
    for path in paths.values():
        for one, other in pairwise(path):
            beside[one].append(other)
            beside[other].append(one)
    column = _columns(rows, beside)
    left = min(column.values())
    return {cell: (column[cell] - left, number) for number, row in enumerate(rows) for cell in row}, paths


def _layers(nodes: list[str], edges: list[Edge]) -> dict[str, int]:
    """The layer of each node by longest path; a source is pulled down to just above the first node that needs it."""
    parents: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        parents[target].append(source)
    while True:
        try:
            order = list(TopologicalSorter(parents).static_order())
            break
        except CycleError as error:
            source, target = error.args[1][-2:]
            parents[target].remove(source)
    layer: dict[str, int] = {}
    for node in order:
        layer[node] = max((layer[parent] + 1 for parent in parents[node]), default=0)
    for node in nodes:
        needed = [layer[child] for child in nodes if node in parents[child]]
        if needed and not parents[node]:
            layer[node] = min(needed) - 1
    return layer


def _columns(rows: list[list[_Cell]], beside: dict[_Cell, list[_Cell]]) -> dict[_Cell, float]:
    """Columns near the mean of a cell's neighbours, at least one apart (less beside a passing edge).

    Down and up again; at first a row is also put in the order of these means, which takes out most crossings.
    """
    column = {cell: i - (len(row) - 1) / 2 for row in rows for i, cell in enumerate(row)}
    for sweep in range(16):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = {cell: mean(column[other] for other in beside[cell] or (cell,)) for cell in row}
            if sweep < 12:
                row.sort(key=lambda cell: wanted[cell])
            column.update(zip(row, _apart(row, [wanted[cell] for cell in row])))
    return column


def _apart(row: list[_Cell], wanted: list[float]) -> list[float]:
    """The places nearest to those wanted, in the least-squares sense, that keep order and distance."""
    offset = [0.0]
    for one, other in pairwise(row):
        offset.append(offset[-1] + (1.0 if len(one) == 1 and len(other) == 1 else 0.7))
    blocks: list[tuple[float, int]] = []
    for x, shift in zip(wanted, offset):
        mean, size = x - shift, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        blocks.append((mean, size))
    levels = [mean for mean, size in blocks for _ in range(size)]
    return [level + shift for level, shift in zip(levels, offset)]
