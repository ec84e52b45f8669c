"""An ``answers.yaml`` to fill in: every part and field that the config asks for, empty, with a word on each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from grader import kinds
from grader.assignment.config import Config, Item, Part
from grader.assignment.parts import BackwardPart, FieldsPart, GraphPart, Layer, NetworkPart

SCHEMA = "answers.schema.json"
WIDTH = 40
"""Column at which the words on a field begin."""

HEAD = f"""\
# yaml-language-server: $schema={SCHEMA}
#
# {{title}}
#
# Type each answer after its colon, as you would write it: 2(p + 1), p^2/2, 1/3, [1, 2, 3], [[1, 2], [3, 4]].
# What stays empty counts as not answered. Put text in double quotes if it has a colon, a #, or begins with a
# bracket, a brace, a quote, or one of the signs & * ! | > % @ `.

"""


def text(config: Config) -> str:
    """The template, as YAML in which every answer is still missing."""
    lines = HEAD.format(title=config.title).split("\n")[:-1]
    by_part = {part: list(items) for part, items in groupby(config.items, key=lambda item: item.part)}
    for name, part in config.parts.items():
        lines += [f"# {name} {part.title} ({_points(part)})", f'"{name}":', *_fields(part, by_part.get(name, [])), ""]
    return "\n".join(line.rstrip() for line in lines)


def _points(part: Part) -> str:
    return f"{float(part.points):g} point{'' if part.points == 1 else 's'}"


def _fields(part: Part, items: list[Item]) -> Iterator[str]:
    if isinstance(part, NetworkPart):
        yield from _architecture(part) if part.layers else _free(part)
    elif isinstance(part, GraphPart):
        yield _line("  edges:", "arrows between variables: [a -> b, b -> c]")
    elif isinstance(part, BackwardPart):
        yield _line("  where:", "names of your own, if you like: {A: diag(u)}")
        for item in items:
            yield _line(f"  {item.path[-1]}:")
    elif isinstance(part, FieldsPart):
        yield from _answers(part, items)


def _architecture(part: NetworkPart) -> Iterator[str]:
    inputs = len(part.inputs)
    for layer in part.layers:
        yield from _layer(layer, inputs)
        inputs = layer.units


def _layer(layer: Layer, inputs: int) -> Iterator[str]:
    if layer.units == 1:
        yield _line(f"  {layer.W}:", f"{inputs} numbers: the weights of one unit, φ(z) = {layer.activation}")
        yield _line(f"  {layer.b}:", "a number")
    else:
        yield _line(f"  {layer.W}:", f"{layer.units} × {inputs}, one row for each unit, φ(z) = {layer.activation}")
        yield _line(f"  {layer.b}:", f"{layer.units} numbers")


def _free(part: NetworkPart) -> Iterator[str]:
    yield _line("  layers:", f"as many as you like, the first with {len(part.inputs)} inputs, the last with one unit:")
    yield _line("  # - W: [[...], [...]]", "one row for each unit")
    yield _line("  #   b: [..., ...]", "left out: zeros")
    yield _line("  #   activation: relu", "or an expression in z, or a list with one for each unit")


def _answers(part: FieldsPart, items: list[Item]) -> Iterator[str]:
    group = ""
    for item in items:
        *outer, field = item.path
        if outer and outer[-1] != group:
            group = outer[-1]
            yield f"  {group}:"
        shape = " × ".join(str(length) for length in item.shape)
        says = kinds.TABLE[item.kind].asked.format(symbols=" and ".join(part.symbols), shape=shape)
        title = item.title.removeprefix(f"{part.title}: ").removeprefix(f"{group} ")
        says = says if title == field.replace("_", " ") else f"{title}: {says}"
        yield _line(f"{'    ' if outer else '  '}{field}:", says)


def _line(field: str, says: str = "") -> str:
    return f"{field.ljust(WIDTH - 2)}  # {says}" if says else field
