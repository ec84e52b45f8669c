"""From what a student typed to nodes: one entry for each kind of answer. Nothing is ever executed."""

from grader.language.reading.answers import (
    activation,
    array,
    condition,
    equation,
    name,
    number,
    predicate,
    vector,
)
from grader.language.reading.blocks import equations
from grader.language.reading.edges import edges
from grader.language.reading.formulas import formula, order
from grader.language.reading.source import Reading
from grader.language.unreadable import Unreadable

__all__ = [
    "Reading",
    "Unreadable",
    "activation",
    "array",
    "condition",
    "edges",
    "equation",
    "equations",
    "formula",
    "name",
    "number",
    "order",
    "predicate",
    "vector",
]
