"""The reference's answers as a file of answers, and the same with one slip in one item."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader import kinds
from grader.assignment.answer_key import AnswerKey
from grader.assignment.config import Config, Item
from grader.mutation.mutants import Path

Sheet = dict[str, Any]
_UNDEFINED = object()


@dataclass(frozen=True)
class Mutant:
    """A sheet in which ``item`` has a slip; ``where`` says in which of its places, ``typed`` what stands there."""

    item: str
    slip: str
    where: str
    typed: str
    sheet: Sheet


def sheet(key: AnswerKey, config: Config) -> Sheet:
    """The reference's answers as an ``answers.yaml`` would hold them."""
    whole: Sheet = {}
    for name, answer in key.answers.items():
        if name in config.parts:
            whole[name] = copy.deepcopy(answer)
        else:
            item = config.item(name)
            _put(whole, (item.part, *item.path), copy.deepcopy(answer))
    return whole


def replaced(whole: Sheet, path: Path, answer: Any) -> Sheet:
    """The sheet with another answer in one place."""
    changed = copy.deepcopy(whole)
    _put(changed, path, answer)
    return changed


def _put(whole: Any, path: Path, answer: Any) -> None:
    *way, last = path
    for step in way:
        whole = whole.setdefault(step, {}) if isinstance(whole, dict) else whole[step]
    whole[last] = answer


def of(item: Item, config: Config, whole: Sheet) -> Iterator[Mutant]:
    """Every mutant of one item; two slips that give the same text are one mutant."""
    seen = set()
    row = kinds.PARTS[config.parts[item.part].kind]
    for slip, inside, answer in row.changes(item, config, whole[item.part]):
        path = (item.part, *inside)
        mark = (path, str(answer))
        changed = replaced(whole, path, answer)
        if mark not in seen and changed != whole:
            seen.add(mark)
            where = ".".join(str(step) for step in path)
            yield Mutant(item.name, slip, where, str(answer), changed)


def same(item: Item, config: Config, base: Sheet, sheet: Sheet) -> bool:
    """Whether a sheet gives one item the meaning that it has in ``base``, as far as trying can tell."""
    row = kinds.PARTS[config.parts[item.part].kind]
    ways = (row.behaviour(item, config, base[item.part], one[item.part]) for one in (base, sheet))
    return all(left == right for left, right in itertools.zip_longest(*ways, fillvalue=_UNDEFINED))
