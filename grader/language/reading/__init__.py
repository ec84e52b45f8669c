"""From what a student typed to nodes: one entry for each kind of answer. Nothing is ever executed."""

from grader.language.reading.activations import activation
from grader.language.reading.arrays import array, vector
from grader.language.reading.conditions import condition, predicate
from grader.language.reading.edges import edges
from grader.language.reading.equations import Left, entries, equation, left, name, of_values, own
from grader.language.reading.formulas import formula, number, order
from grader.language.reading.source import Reading
from grader.language.unreadable import Unreadable

__all__ = [
    "Left", "Reading", "Unreadable", "activation", "array", "condition", "edges", "entries", "equation", "formula",
    "left", "name", "number", "of_values", "order", "own", "predicate", "vector",
]  # fmt: skip
