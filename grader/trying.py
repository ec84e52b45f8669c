"""What one typed answer would get, without a submission around it: for one item, or for a table of rows of any kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from math import isinf
from typing import Any

from grader import kinds
from grader.assignment.config import Shares
from grader.checks.target import Target
from grader.language.unreadable import Unreadable
from grader.report import Finding, Verdict, plain

Row = dict[str, Any]


class Refused(Exception):
    """A row that asks for nothing that can be tried; the message says what is wrong with it."""


def rows(lines: Iterable[str | bytes], item: Callable[[str, str], Row]) -> Iterator[Row]:
    """An answer for each line of JSON, in order, whatever the line is: id, verdict, understood, message.

    ``item`` judges a row that names an item, and raises ``Refused`` where there is no such item. Rows of a kind bring
    their own reference and symbols and need neither config nor key.
    """
    for line in lines:
        row: Row = {}
        try:
            row = _parsed(line)
            found = item(_text(row, "item"), _text(row, "text")) if "item" in row else of_kind(row)
        except Refused as refused:
            found = {"verdict": str(Verdict.INVALID), "understood": "", "message": f"This row was not tried: {refused}"}
        yield {"id": row.get("id"), **found}


def of_kind(row: Mapping[str, Any]) -> Row:
    """The answer to a row that brings its reference. Raises ``Refused`` for a row that is not complete."""
    kind, symbols = row.get("kind"), row.get("symbols", [])
    if not isinstance(kind, str) or kind not in kinds.FIELDS:
        raise Refused(f"it needs an item, or a kind: one of {', '.join(kinds.FIELDS)}.")
    if not isinstance(symbols, list) or not all(isinstance(name, str) and name for name in symbols):
        raise Refused("its symbols are no list of names.")
    text, reference, names = _text(row, "text"), _text(row, "reference"), tuple(symbols)
    try:
        target = _target(kind, reference, names)
    except Unreadable as unreadable:
        raise Refused(f"its reference cannot be read: {unreadable}") from None
    return tried(kind, text, target, names, Shares())


@lru_cache(maxsize=1024)
def _target(kind: str, reference: str, symbols: tuple[str, ...]) -> Target:
    """What a reference asks for, read once for all the rows that bring it."""
    return Target(kinds.FIELDS[kind].read(reference, symbols).node)


def tried(kind: str, text: str, target: Target, symbols: tuple[str, ...], shares: Shares) -> Row:
    """What a typed answer would get beside a target: verdict, understood, message, as plain data."""
    try:
        read = kinds.FIELDS[kind].read(text, symbols)
    except Unreadable as unreadable:
        return shown(Finding(Verdict.INVALID, unreadable.blocks(), unreadable.code), "")
    return shown(kinds.FIELDS[kind].judge(read, target, symbols, shares), read.understood, read.remarks)


def shown(finding: Finding, understood: str, remarks: Iterable[str] = ()) -> Row:
    """A finding as plain data."""
    message = "\n".join(part for part in (plain(finding.blocks), *remarks) if part)
    return {"verdict": str(finding.verdict), "understood": understood, "message": message}


def _parsed(line: str | bytes) -> Row:
    try:
        row = json.loads(line, parse_constant=int, parse_float=_finite)  # int refuses NaN and Infinity
    except (ValueError, RecursionError):
        raise Refused("it is not JSON.") from None
    if not isinstance(row, dict):
        raise Refused("it is no JSON object.")
    return row


def _finite(text: str) -> float | str:
    """A number that JSON can hold again, else its text."""
    return text if isinf(float(text)) else float(text)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, str):
        return value
    raise Refused(f"its {key} is no text." if key in row else f"it has no {key}.")
