"""The trace of a network as a picture: inputs, units and weights, with the values one input takes on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from grader.frozen import frozen
from grader.report import Exhibit
from grader.reporters.html import drawing

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
    joined: bool = True


def draw(exhibit: Exhibit) -> Markup:
    """The picture of ``{"kind": "network", "inputs", "layers", "expected", "given"}``; weights of 0 are not drawn."""
    columns = _columns(exhibit)
    rows = max(len(column.units) for column in columns)
    lefts = [4 + number * (_BOX + _GAP) for number in range(len(columns))]
    for left, column in zip(lefts, columns):
        for row, unit in enumerate(column.units):
            unit.left, unit.middle = left, _TOP + (rows - len(column.units) + 1) * _ROW / 2 + row * _ROW
    parts = [part for before, after in pairwise(columns) if after.joined for part in _edges(before, after)]
    for left, column in zip(lefts, columns):
        parts.append(drawing.text(left + _BOX / 2, 16, column.heading, "heading", width=26))
        for unit in column.units:
            parts.extend(_box(unit, last=column is columns[-1]))
    end, middle = lefts[-1] + _BOX, _TOP + rows * _ROW / 2
    expected, given = str(exhibit["expected"]), str(exhibit["given"])
    style = f"outcome {'right' if expected == given else 'wrong'}"
    parts.append(drawing.text(end + 12, middle - 4, f"given {drawing.short(given, 8)}", style, "start", 16))
    parts.append(drawing.text(end + 12, middle + 14, f"expected {drawing.short(expected, 8)}", "faint", "start", 18))
    inputs = ", ".join(f"{name} = {value}" for name, value in exhibit["inputs"].items())
    label = f"The network on {inputs}: expected {expected}, given {given}."
    return drawing.picture(end + 100, _TOP + rows * _ROW + 12, label, parts, "network")


def _columns(exhibit: Exhibit) -> list[_Column]:
    inputs = [_Unit(index, (f"{name} = {drawing.short(str(value), 12)}",), str(value))
              for index, (name, value) in enumerate(exhibit["inputs"].items())]  # fmt: skip
    columns = [_Column("input", _some(inputs))]
    layers = exhibit["layers"]
    for number, layer in enumerate(layers, 1):
        biases = [str(bias) for bias in layer.get("biases") or ()]
        units = []
        for index, unit in enumerate(layer["units"]):
            before, after = str(unit["pre_activation"]), str(unit["activation"])
            lines = (f"z = {drawing.short(before, 11)}", f"φ(z) = {drawing.short(after, 9)}")
            units.append(_Unit(index, lines, after, biases[index] if index < len(biases) else "0"))
        functions = {str(unit.get("function", "")) for unit in layer["units"]}
        heading = f"φ(z) = {functions.pop()}" if len(functions) == 1 else f"layer {number}: several φ"
        columns.append(_Column(heading, _some(units), layer.get("weights") or ()))
    if len(layers) <= _LAYERS_SHOWN:
        return columns
    left_out = len(layers) - _LAYERS_SHOWN + 1
    rest = columns[-2:]
    return [*columns[: _LAYERS_SHOWN - 2], _Column("", (_Unit(None, (f"… {left_out} more layers",)),), joined=False),
            _Column(rest[0].heading, rest[0].units, joined=False), rest[1]]  # fmt: skip


def _some(units: list[_Unit]) -> tuple[_Unit, ...]:
    if len(units) <= _UNITS_SHOWN:
        return tuple(units)
    left_out = len(units) - _UNITS_SHOWN + 1
    return (*units[: _UNITS_SHOWN - 3], _Unit(None, (f"⋮ {left_out} more",)), *units[-2:])


def _box(unit: _Unit, last: bool) -> list[str]:
    centre, middle = unit.left + _BOX / 2, unit.middle
    if unit.index is None:
        return [drawing.text(centre, middle + 4, unit.lines[0], "faint", width=18)]
    height = 24 + 16 * (len(unit.lines) - 1)
    style = "unit" + (" on" if unit.value != "0" else "") + (" output" if last else "")
    place = f'x="{unit.left:.1f}" y="{middle - height / 2:.1f}" width="{_BOX}" height="{height}"'
    drawn = [f'<rect class="{style}" {place} rx="8"/>']
    start = middle + 4 - 8 * (len(unit.lines) - 1)
    for row, line in enumerate(unit.lines):
        emphasis = "value" if row == len(unit.lines) - 1 else "faint"
        drawn.append(drawing.text(centre, start + 17 * row, line, emphasis, width=18))
    if unit.bias != "0":
        drawn.append(drawing.text(centre, middle + height / 2 + 12, f"bias {unit.bias}", "bias", width=16))
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
            labels.append(drawing.text(x, y + 3.5, weight, f"number {style}", width=7))
    return drawn + labels if len(drawn) <= _LABELLED_EDGES else drawn
