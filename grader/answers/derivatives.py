"""Gradients written as derivatives of the objective, ``∂J/∂x``, ``\\nabla_x J`` or ``dx``, by name: ``x_bar``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from grader.language import reading

_D = r"(?:\\partial(?![A-Za-z])|∂|\\mathrm\s*\{\s*d\s*\}|d)\s*"
_IN_BRACES = r"(?P<name>(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,20}\}){0,20}\}){1,40})"  # bounded: it overlaps with blanks around
_ALONE = r"(?P<name>\\?[A-Za-z]+\d*(?:_\w+|_\{\w+\}|\^\{?\(\d\)\}?)?(?:'|′|\^\{?\\prime\}?)*)"
_SHORT = re.compile(rf"(?<![\w\\.'/∂])(?<!/ )d{_ALONE}(?![\w({{])(?!\s*/\s*(?:d|∂|\\partial))")


def named(text: str, objective: str, variables: Sequence[str]) -> str:
    """The text with each derivative of the objective by a variable as the name of that gradient."""

    def gradient(found: re.Match[str]) -> str:
        name = _name(found["name"].strip(), tuple(variables))
        return f" {name}_bar " if name in variables else found[0]

    for pattern in (*_fractions(objective), _SHORT):
        text = pattern.sub(gradient, text)
    return text


@lru_cache(maxsize=1024)
def _name(typed: str, variables: tuple[str, ...]) -> str | None:
    return reading.name(typed, variables)


@lru_cache(maxsize=16)
def _fractions(objective: str) -> tuple[re.Pattern[str], ...]:
    above = rf"{_D}{re.escape(objective)}"
    behind = rf"{re.escape(objective)}(?![\w'(])"
    return (
        re.compile(rf"\\[dt]?frac\s*\{{\s*{above}\s*\}}\s*\{{\s*{_D}{_IN_BRACES}\}}"),
        re.compile(rf"(?<![\w\\]){above}\s*/\s*{_D}{_ALONE}"),
        re.compile(rf"(?:\\nabla|∇)\s*_\s*\{{{_IN_BRACES}\}}\s*{behind}"),
        re.compile(rf"(?:\\nabla|∇)\s*_\s*(?P<name>[A-Za-z]\d*)\s*{behind}"),
    )
