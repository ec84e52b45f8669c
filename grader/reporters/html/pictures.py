"""What a reporter draws: a student's computation graph, and the trace of a network on one input.

Pieces of SVG as strings, every text in them escaped; colours come from the page's style sheet by class. The layers of a
graph go by longest path, with few crossings (Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import chain, pairwise, repeat
from math import hypot
from statistics import fmean as mean

from markupsafe import Markup, escape

from grader.frozen import frozen
from grader.report import Exhibit
from grader.reporters import visible

Edge = tuple[str, str]
Point = tuple[float, float]
_Cell = tuple[str, ...]
"""A node, or the place (source, target, layer) where a long edge passes a layer."""


def short(raw: str, width: int = 9) -> str:
    """The text, or its two ends around an ellipsis: enough to tell numbers of many digits apart."""
    shown = visible.text(raw, keep="")
    if len(shown) <= width:
        return shown
    head = width // 2
    return f"{shown[:head]}…{shown[len(shown) - (width - 1 - head) :]}"


def text(x: float, y: float, raw: str, style: str = "", anchor: str = "middle", width: int = 40) -> str:
    """One line of text at a point, shortened to ``width`` characters with the whole of it in a tooltip."""
    full = visible.text(raw, keep="", limit=400)
    shown = short(raw, width)
    tip = f"<title>{escape(full)}</title>" if shown != full else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{tip}{escape(shown)}</text>'


def picture(width: float, height: float, label: str, parts: list[str], style: str = "") -> Markup:
    """The whole picture, which shrinks with the page and says in words what it shows."""
    inside = "\n".join(parts)
    return Markup(
        f'<svg class="picture {style}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(visible.text(label, keep="", limit=400))}" '
        f'xmlns="http://www.w3.org/2000/svg">\n{inside}\n</svg>'
    )


_ACROSS, _DOWN, _MARGIN, _RADIUS = 74.0, 66.0, 30.0, 17.0
_NODES_SHOWN = 40
_WORDS = {"given": "", "missing": "missing", "extra": "should not be there"}
_ARROW = (
    '<marker id="arrow-{0}" class="arrow {0}" viewBox="0 0 10 10" refX="9" refY="5" '
    'markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0,0.8 L10,5 L0,9.2 z"/></marker>'
)


def graph(exhibit: Exhibit) -> Markup:
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
    parts = [_ARROW.format(kind) for kind in _WORDS]
    for edge, kind in sorted(kinds.items(), key=lambda pair: list(_WORDS).index(pair[1])):
        start, end = at[edge[:1]], at[edge[1:]]
        if start == end:
            x, y = start
            parts.append(f'<path class="edge {kind}" d="M{x + 12:.1f},{y - 12:.1f} c26,-22 26,46 2,26"/>')
            continue
        bent = edge in paths and edge[::-1] not in kinds
        path = _curve([at[cell] for cell in paths[edge]]) if bent else _arc(start, end)
        title = f"{edge[0]} → {edge[1]}" + (f": {_WORDS[kind]}" if _WORDS[kind] else "")
        tip = Markup("<title>%s</title>") % short(title, 120)
        parts.append(f'<path class="edge {kind}" marker-end="url(#arrow-{kind})" d="{path}">{tip}</path>')
    for node in nodes:
        x, y = at[(node,)]
        parts.append(f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"/>')
        parts.append(text(x, y + 4.5, node, "value", width=6))
    label = _described(kinds, exhibit.get("judged", True))
    return picture(max(width + 12, 150), height, label, parts, "graph")


def _described(kinds: dict[Edge, str], judged: bool) -> str:
    def listed(*wanted: str) -> str:
        return ", ".join(f"{source} → {target}" for (source, target), kind in kinds.items() if kind in wanted)

    if not judged:
        return f"Your computation graph: {listed(*_WORDS)}"
    wrong = [f"{kind}: {listed(kind)}" for kind in ("missing", "extra") if kind in kinds.values()]
    return "Computation graph" + (f" ({'; '.join(wrong)})" if wrong else ", as it should be")


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


_UNITS_SHOWN = 12
_LAYERS_SHOWN = 6
_LABELLED_EDGES = 36
_BOX, _ROW, _GAP, _TOP = 112, 66, 118, 30


@dataclass
class _Unit:
    """A node of the picture, by its left side and its middle; ``index`` is None where units are left out."""

    index: int | None
    lines: tuple[str, ...]
    value: str = "0"
    bias: str = "0"
    left: float = 0
    middle: float = 0


@frozen
class _Column:
    heading: str
    units: tuple[_Unit, ...]
    weights: Sequence[Sequence[str]] = ()


def network(exhibit: Exhibit) -> Markup:
    """The picture of ``{"kind": "network", "inputs", "layers", "expected", "given"}``; weights of 0 are not drawn."""
    columns = _shown(exhibit)
    rows = max(len(column.units) for column in columns)
    lefts = [4 + number * (_BOX + _GAP) for number in range(len(columns))]
    for left, column in zip(lefts, columns):
        for row, unit in enumerate(column.units):
            unit.left, unit.middle = left, _TOP + (rows - len(column.units) + 1) * _ROW / 2 + row * _ROW
    parts = [part for before, after in pairwise(columns) for part in _edges(before, after)]
    for left, column in zip(lefts, columns):
        parts.append(text(left + _BOX / 2, 16, column.heading, "heading", width=26))
        for unit in column.units:
            parts.extend(_box(unit, last=column is columns[-1]))
    end, middle = lefts[-1] + _BOX, _TOP + rows * _ROW / 2
    expected, given = str(exhibit["expected"]), str(exhibit["given"])
    style = f"outcome {'right' if expected == given else 'wrong'}"
    parts.append(text(end + 12, middle - 4, f"given {short(given, 8)}", style, "start", 16))
    parts.append(text(end + 12, middle + 14, f"expected {short(expected, 8)}", "faint", "start", 18))
    inputs = ", ".join(f"{name} = {value}" for name, value in exhibit["inputs"].items())
    label = f"The network on {inputs}: expected {expected}, given {given}."
    return picture(end + 100, _TOP + rows * _ROW + 12, label, parts, "network")


def _shown(exhibit: Exhibit) -> list[_Column]:
    inputs = [_Unit(index, (f"{name} = {short(str(value), 12)}",), str(value))
              for index, (name, value) in enumerate(exhibit["inputs"].items())]  # fmt: skip
    columns = [_Column("input", _some(inputs))]
    layers = exhibit["layers"]
    for number, layer in enumerate(layers, 1):
        biases = chain(map(str, layer.get("biases") or ()), repeat("0"))
        units = []
        for index, (unit, bias) in enumerate(zip(layer["units"], biases)):
            before, after = str(unit["pre_activation"]), str(unit["activation"])
            lines = (f"z = {short(before, 11)}", f"φ(z) = {short(after, 9)}")
            units.append(_Unit(index, lines, after, bias))
        functions = {str(unit.get("function", "")) for unit in layer["units"]}
        heading = f"φ(z) = {functions.pop()}" if len(functions) == 1 else f"layer {number}: several φ"
        columns.append(_Column(heading, _some(units), layer.get("weights") or ()))
    if len(layers) <= _LAYERS_SHOWN:
        return columns
    left_out = len(layers) - _LAYERS_SHOWN + 1
    near, last = columns[-2:]
    skipped = _Column("", (_Unit(None, (f"… {left_out} more layers",)),))
    return [*columns[: _LAYERS_SHOWN - 2], skipped, _Column(near.heading, near.units), last]


def _some(units: list[_Unit]) -> tuple[_Unit, ...]:
    if len(units) <= _UNITS_SHOWN:
        return tuple(units)
    left_out = len(units) - _UNITS_SHOWN + 1
    return (*units[: _UNITS_SHOWN - 3], _Unit(None, (f"⋮ {left_out} more",)), *units[-2:])


def _box(unit: _Unit, last: bool) -> list[str]:
    centre, middle = unit.left + _BOX / 2, unit.middle
    if unit.index is None:
        return [text(centre, middle + 4, unit.lines[0], "faint", width=18)]
    height = 24 + 16 * (len(unit.lines) - 1)
    style = "unit" + (" on" if unit.value != "0" else "") + (" output" if last else "")
    place = f'x="{unit.left:.1f}" y="{middle - height / 2:.1f}" width="{_BOX}" height="{height}"'
    drawn = [f'<rect class="{style}" {place} rx="8"/>']
    start = middle + 4 - 8 * (len(unit.lines) - 1)
    for row, line in enumerate(unit.lines):
        emphasis = "value" if row == len(unit.lines) - 1 else "faint"
        drawn.append(text(centre, start + 17 * row, line, emphasis, width=18))
    if unit.bias != "0":
        drawn.append(text(centre, middle + height / 2 + 12, f"bias {unit.bias}", "bias", width=16))
    return drawn


def _edges(before: _Column, after: _Column) -> list[str]:
    """Weights as lines: strong where a value other than 0 passes, their numbers where there is room for them."""
    drawn: list[str] = []
    labels: list[str] = []
    for target in after.units:
        if target.index is None or target.index >= len(after.weights):
            continue
        weights = after.weights[target.index]
        for source in before.units:
            weight = "0" if source.index is None or source.index >= len(weights) else str(weights[source.index])
            if weight == "0":
                continue
            (x1, y1), (x2, y2) = (source.left + _BOX, source.middle), (target.left, target.middle)
            style = ("minus" if weight.startswith("-") else "plus") + (" quiet" if source.value == "0" else "")
            drawn.append(f'<line class="weight {style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')
            # Labels sit nearer to the source: there the lines to one unit have not met yet, and the lines of one
            # source are told apart by their slope.
            share = 0.24 + 0.14 * (target.index % 3)
            x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
            labels.append(text(x, y + 3.5, weight, f"number {style}", width=7))
    return drawn + labels if len(drawn) <= _LABELLED_EDGES else drawn
