"""The functions of equations by kind, and numbers as nodes."""

from __future__ import annotations

from fractions import Fraction

from grader.language.nodes import Number

KINKED = frozenset({"relu", "step", "sign", "abs"})
"""Functions with a place where the derivative is a matter of taste."""

SMOOTH = frozenset({"identity", "square", "cube", "sqrt", "sigmoid", "tanh", "exp", "log"})

ENTRYWISE = KINKED | SMOOTH
"""Functions that act on each entry alone and have a derivative here."""

WHOLE = frozenset({"softmax", "sum", "diag", "onehot", "ones", "zeros", "eye", "identity"})
"""Functions of a vector or matrix as a whole."""

ZERO, ONE, TWO = (Number(Fraction(value)) for value in range(3))
