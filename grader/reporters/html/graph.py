"""A student's computation graph as a picture, with the edges that are missing and those that do not belong marked."""

from __future__ import annotations

import itertools

from markupsafe import Markup

from grader.report import Exhibit
from grader.reporters.html import drawing, layout

_ACROSS, _DOWN, _MARGIN, _RADIUS = 74.0, 66.0, 30.0, 17.0
_NODES_SHOWN = 40
_WORDS = {"given": "", "missing": "missing", "extra": "should not be there"}


def draw(exhibit: Exhibit) -> Markup:
    """The picture of ``{"kind": "graph", "nodes", "edges", "missing", "extra"}``; empty if too large to read.

    With ``"judged": False`` it is the graph as it was typed, and the picture's words claim nothing.
    """
    kinds = _kinds(exhibit)
    nodes = list(dict.fromkeys([*map(str, exhibit["nodes"]), *(node for edge in kinds for node in edge)]))
    if not nodes or len(nodes) > _NODES_SHOWN:
        return Markup("")
    # The missing edges shape the layers and the extra ones do not: so the graph looks as it should be.
    extra = [edge for edge, kind in kinds.items() if kind == "extra"]
    placed = layout.place(nodes, [edge for edge, kind in kinds.items() if kind != "extra"], extra)
    width = placed.width * _ACROSS + 2 * _MARGIN + 12
    height = (placed.layers - 1) * _DOWN + 2 * _MARGIN
    parts = [_arrow(kind) for kind in _WORDS]
    for edge, kind in sorted(kinds.items(), key=lambda pair: list(_WORDS).index(pair[1])):
        if edge[0] == edge[1]:
            x, y = _at(placed.places[edge[0]])
            parts.append(f'<path class="edge {kind}" d="M{x + 12:.1f},{y - 12:.1f} c26,-22 26,46 2,26"/>')
        elif edge in placed.paths and edge[::-1] not in kinds:
            parts.append(_curve([_at(point) for point in placed.paths[edge]], kind, edge))
        else:
            parts.append(_arc(_at(placed.places[edge[0]]), _at(placed.places[edge[1]]), kind, edge))
    for node in nodes:
        x, y = _at(placed.places[node])
        parts.append(f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"/>')
        parts.append(drawing.text(x, y + 4.5, node, "value", width=6))
    return drawing.picture(max(width, 150), height, _described(kinds, exhibit.get("judged", True)), parts, "graph")


def _kinds(exhibit: Exhibit) -> dict[layout.Edge, str]:
    kinds: dict[layout.Edge, str] = {}
    for kind, key in (("given", "edges"), ("missing", "missing"), ("extra", "extra")):
        for source, target in exhibit.get(key, ()):
            kinds[str(source), str(target)] = kind
    return kinds


def _described(kinds: dict[layout.Edge, str], judged: bool) -> str:
    if not judged:
        return f"Your computation graph: {', '.join(f'{source} → {target}' for source, target in kinds)}"
    wrong = []
    for kind in ("missing", "extra"):
        edges = [f"{source} → {target}" for (source, target), found in kinds.items() if found == kind]
        if edges:
            wrong.append(f"{kind}: {', '.join(edges)}")
    return "Computation graph" + (f" ({'; '.join(wrong)})" if wrong else ", as it should be")


def _at(point: tuple[float, int]) -> tuple[float, float]:
    return _MARGIN + point[0] * _ACROSS, _MARGIN + point[1] * _DOWN


def _arrow(kind: str) -> str:
    return (
        f'<marker id="arrow-{kind}" class="arrow {kind}" viewBox="0 0 10 10" refX="9" refY="5" '
        'markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0,0.8 L10,5 L0,9.2 z"/></marker>'
    )


def _curve(points: list[tuple[float, float]], kind: str, edge: layout.Edge) -> str:
    """A line from rim to rim that bends gently at each place it passes."""
    points = [_rim(points[0], points[1], 1), *points[1:-1], _rim(points[-1], points[-2], 3)]
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for index, ((x1, y1), (x2, y2)) in enumerate(itertools.pairwise(points)):
        bend = (y2 - y1) * 0.42
        first = (x1 + (x2 - x1) * 0.3, y1 + (y2 - y1) * 0.3) if index == 0 else (x1, y1 + bend)
        last = (x2 - (x2 - x1) * 0.3, y2 - (y2 - y1) * 0.3) if index == len(points) - 2 else (x2, y2 - bend)
        path.append(f"C{first[0]:.1f},{first[1]:.1f} {last[0]:.1f},{last[1]:.1f} {x2:.1f},{y2:.1f}")
    title = _title(edge, kind)
    return f'<path class="edge {kind}" marker-end="url(#arrow-{kind})" d="{" ".join(path)}">{title}</path>'


def _arc(start: tuple[float, float], end: tuple[float, float], kind: str, edge: layout.Edge) -> str:
    """A bow: between nodes of one layer under what stands between them, else to the left of its direction."""
    across, down = end[0] - start[0], end[1] - start[1]
    reach = min(46.0, 14 + (across**2 + down**2) ** 0.5 * 0.16)
    length = (across**2 + down**2) ** 0.5 or 1.0
    aside = (0.0, reach) if down == 0 else (down / length * reach, -across / length * reach)
    bow = ((start[0] + end[0]) / 2 + aside[0], (start[1] + end[1]) / 2 + aside[1])
    (x1, y1), (x2, y2) = _rim(start, bow, 1), _rim(end, bow, 3)
    path = f"M{x1:.1f},{y1:.1f} Q{bow[0]:.1f},{bow[1]:.1f} {x2:.1f},{y2:.1f}"
    return f'<path class="edge {kind}" marker-end="url(#arrow-{kind})" d="{path}">{_title(edge, kind)}</path>'


def _title(edge: layout.Edge, kind: str) -> Markup:
    text = f"{edge[0]} → {edge[1]}" + (f": {_WORDS[kind]}" if _WORDS[kind] else "")
    return Markup("<title>%s</title>") % drawing.short(text, 120)


def _rim(centre: tuple[float, float], towards: tuple[float, float], slack: float) -> tuple[float, float]:
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    reach = _RADIUS + slack
    return centre[0] + dx / length * reach, centre[1] + dy / length * reach
