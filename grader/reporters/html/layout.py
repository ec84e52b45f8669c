"""Where the nodes of a directed graph go: layers by longest path, few crossings (Sugiyama, Tagawa and Toda, 1981)."""

from __future__ import annotations

import itertools
from collections import defaultdict
from graphlib import TopologicalSorter
from statistics import fmean as mean

from grader.frozen import frozen

Edge = tuple[str, str]
_Cell = tuple[str, ...]
"""A node, or the place (source, target, layer) where a long edge passes a layer."""


@frozen
class Layout:
    """Nodes at (column, layer), in units of the grid, and the places that each edge between layers passes."""

    places: dict[str, tuple[float, int]]
    paths: dict[Edge, tuple[tuple[float, int], ...]]
    width: float
    layers: int


def place(nodes: list[str], edges: list[Edge], loose: list[Edge]) -> Layout:
    """A layout of any graph; edges that close a cycle run upwards, ``loose`` edges do not shape the layers."""
    forward = _acyclic(nodes, edges)
    layer = _longest_paths(nodes, forward)
    rows: list[list[_Cell]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    for node in nodes:
        rows[layer[node]].append((node,))
    chains: dict[Edge, list[_Cell]] = {}
    for source, target in [*edges, *loose]:
        if layer[source] == layer[target]:
            continue
        top, bottom = sorted((source, target), key=lambda node: layer[node])
        between: list[_Cell] = [(source, target, str(row)) for row in range(layer[top] + 1, layer[bottom])]
        for cell in between:
            rows[int(cell[2])].append(cell)
        way: list[_Cell] = [(top,), *between, (bottom,)]
        chains[source, target] = way if top == source else way[::-1]
    beside: dict[_Cell, list[_Cell]] = defaultdict(list)
    for chain in chains.values():
        for one, other in itertools.pairwise(chain):
            beside[one].append(other)
            beside[other].append(one)
    column = _columns(rows, beside)
    left = min(column.values(), default=0.0)
    row_of = {cell: number for number, row in enumerate(rows) for cell in row}
    at = {cell: (x - left, row_of[cell]) for cell, x in column.items()}
    paths = {edge: tuple(at[cell] for cell in chain) for edge, chain in chains.items()}
    width = max((x for x, _ in at.values()), default=0.0)
    return Layout({node: at[(node,)] for node in nodes}, paths, width, len(rows))


def _acyclic(nodes: list[str], edges: list[Edge]) -> list[Edge]:
    """The edges but for those that close a cycle, met in depth-first order."""
    after: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        after[source].append(target)
    done: dict[str, bool] = {}
    kept: list[Edge] = []

    def visit(node: str) -> None:
        done[node] = False
        for following in after[node]:
            if done.get(following, True):
                kept.append((node, following))
                if following not in done:
                    visit(following)
        done[node] = True

    for node in nodes:
        if node not in done:
            visit(node)
    return kept


def _longest_paths(nodes: list[str], edges: list[Edge]) -> dict[str, int]:
    """The layer of each node; a source is pulled down to just above the first node that needs it."""
    parents: dict[str, list[str]] = {node: [] for node in nodes}
    children: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        parents[target].append(source)
        children[source].append(target)
    layer: dict[str, int] = {}
    for node in TopologicalSorter(parents).static_order():
        layer[node] = max((layer[parent] + 1 for parent in parents[node]), default=0)
    for node in nodes:
        if not parents[node] and children[node]:
            layer[node] = min(layer[child] for child in children[node]) - 1
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
    for one, other in itertools.pairwise(row):
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
