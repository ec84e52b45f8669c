"""The trace of a network as a picture: inputs, units and weights, with the values one input takes on the way."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from grader.frozen import frozen
from grader.report import Exhibit
from grader.reporters.html import drawing

_UNITS_SHOWN = 12
_LAYERS_SHOWN = 6
_LABELLED_EDGES = 36
_BOX, _ROW, _GAP, _TOP = 112, 66, 118, 30


@frozen
class _Unit:
    """A node of the picture; ``index`` is None for the place where units are left out."""

    index: int | None
    lines: tuple[str, ...]
    value: str = "0"
    bias: str = "0"


@frozen
class _Column:
    heading: str
    units: tuple[_Unit, ...]
    weights: Sequence[Sequence[str]] = ()
    joined: bool = True


def draw(exhibit: Exhibit) -> Markup:
    """The picture of ``{"kind": "network", "inputs", "layers", "expected", "given"}``; weights of 0 are not drawn."""
    columns = _columns(exhibit)
    rows = max(len(column.units) for column in columns)
    height = _TOP + rows * _ROW + 12
    width = len(columns) * (_BOX + _GAP) - _GAP + 104
    parts: list[str] = []
    places: list[dict[int, tuple[float, float]]] = []
    boxes: list[str] = []
    for number, column in enumerate(columns):
        left = 4 + number * (_BOX + _GAP)
        top = _TOP + (rows - len(column.units)) * _ROW / 2
        boxes.append(drawing.text(left + _BOX / 2, 16, column.heading, "heading", width=26))
        place: dict[int, tuple[float, float]] = {}
        for row, unit in enumerate(column.units):
            middle = top + row * _ROW + _ROW / 2
            boxes.extend(_box(left, middle, unit, last=number == len(columns) - 1))
            if unit.index is not None:
                place[unit.index] = (left, middle)
        if number and column.joined:
            parts.extend(_edges(columns[number - 1], column, places[-1], place))
        places.append(place)
    parts.extend(boxes)
    parts.extend(_outcome(exhibit, 4 + len(columns) * (_BOX + _GAP) - _GAP, _TOP + rows * _ROW / 2))
    inputs = ", ".join(f"{name} = {value}" for name, value in exhibit["inputs"].items())
    label = f"The network on {inputs}: expected {exhibit['expected']}, given {exhibit['given']}."
    return drawing.picture(width, height, label, parts, "network")


def _columns(exhibit: Exhibit) -> list[_Column]:
    inputs = [_Unit(index, (f"{name} = {drawing.short(str(value), 12)}",), str(value))
              for index, (name, value) in enumerate(exhibit["inputs"].items())]  # fmt: skip
    columns = [_Column("input", _some(inputs))]
    layers = exhibit["layers"]
    for number, layer in enumerate(layers, 1):
        biases = [str(bias) for bias in layer.get("biases") or ()]
        units = [_unit(index, unit, biases) for index, unit in enumerate(layer["units"])]
        functions = {str(unit.get("function", "")) for unit in layer["units"]}
        heading = f"φ(z) = {functions.pop()}" if len(functions) == 1 else f"layer {number}: several φ"
        columns.append(_Column(heading, _some(units), layer.get("weights") or ()))
    if len(layers) <= _LAYERS_SHOWN:
        return columns
    left_out = len(layers) - _LAYERS_SHOWN + 1
    rest = columns[-2:]
    return [*columns[: _LAYERS_SHOWN - 2], _Column("", (_Unit(None, (f"… {left_out} more layers",)),), joined=False),
            _Column(rest[0].heading, rest[0].units, joined=False), rest[1]]  # fmt: skip


def _unit(index: int, unit: dict[str, str], biases: list[str]) -> _Unit:
    before, after = str(unit["pre_activation"]), str(unit["activation"])
    lines = (f"z = {drawing.short(before, 11)}", f"φ(z) = {drawing.short(after, 9)}")
    return _Unit(index, lines, after, biases[index] if index < len(biases) else "0")


def _some(units: list[_Unit]) -> tuple[_Unit, ...]:
    if len(units) <= _UNITS_SHOWN:
        return tuple(units)
    left_out = len(units) - _UNITS_SHOWN + 1
    return (*units[: _UNITS_SHOWN - 3], _Unit(None, (f"⋮ {left_out} more",)), *units[-2:])


def _box(left: float, middle: float, unit: _Unit, last: bool) -> list[str]:
    if unit.index is None:
        return [drawing.text(left + _BOX / 2, middle + 4, unit.lines[0], "faint", width=18)]
    height = 24 + 16 * (len(unit.lines) - 1)
    style = "unit" + (" on" if unit.value != "0" else "") + (" output" if last else "")
    drawn = [
        f'<rect class="{style}" x="{left:.1f}" y="{middle - height / 2:.1f}" width="{_BOX}" height="{height}" rx="8"/>'
    ]
    start = middle + 4 - 8 * (len(unit.lines) - 1)
    for row, line in enumerate(unit.lines):
        emphasis = "value" if row == len(unit.lines) - 1 else "faint"
        drawn.append(drawing.text(left + _BOX / 2, start + 17 * row, line, emphasis, width=18))
    if unit.bias != "0":
        drawn.append(drawing.text(left + _BOX / 2, middle + height / 2 + 12, f"bias {unit.bias}", "bias", width=16))
    return drawn


def _edges(
    before: _Column, after: _Column, sources: dict[int, tuple[float, float]], targets: dict[int, tuple[float, float]]
) -> list[str]:
    """Weights as lines: strong where a value other than 0 passes, their numbers where there is room for them."""
    values = {unit.index: unit.value for unit in before.units if unit.index is not None}
    drawn: list[str] = []
    labels: list[str] = []
    edges = [(source, target, str(after.weights[target][source]))
             for target in targets if target < len(after.weights)
             for source in sources if source < len(after.weights[target])]  # fmt: skip
    edges = [edge for edge in edges if edge[2] != "0"]
    for source, target, weight in edges:
        (left, y1), (right, y2) = sources[source], targets[target]
        x1, x2 = left + _BOX, right
        sign = "minus" if weight.startswith("-") else "plus"
        quiet = " quiet" if values.get(source, "0") == "0" else ""
        drawn.append(f'<line class="weight {sign}{quiet}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')
        # Labels sit nearer to the source: there the lines to one unit have not met yet, and the lines of one source
        # are told apart by their slope.
        share = 0.24 + 0.14 * (target % 3)
        x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
        labels.append(drawing.text(x, y + 3.5, weight, f"number {sign}{quiet}", width=7))
    return drawn + labels if len(edges) <= _LABELLED_EDGES else drawn


def _outcome(exhibit: Exhibit, left: float, middle: float) -> list[str]:
    expected, given = str(exhibit["expected"]), str(exhibit["given"])
    verdict = "right" if expected == given else "wrong"
    return [
        drawing.text(left + 12, middle - 4, f"given {drawing.short(given, 8)}", f"outcome {verdict}", "start", 16),
        drawing.text(left + 12, middle + 14, f"expected {drawing.short(expected, 8)}", "faint", "start", 18),
    ]
