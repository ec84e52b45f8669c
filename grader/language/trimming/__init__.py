"""What people write around an answer: labels, units, phrases, steps of a derivation, taken off the tokens."""

from grader.language.trimming.activations import activation
from grader.language.trimming.arrays import array
from grader.language.trimming.conditions import condition
from grader.language.trimming.equations import equation
from grader.language.trimming.formulas import formula
from grader.language.trimming.tokens import Trimmed

__all__ = ["Trimmed", "activation", "array", "condition", "equation", "formula"]
