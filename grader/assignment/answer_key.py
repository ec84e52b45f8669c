"""The answer key: what the reference says is right for each item, and what else earns something."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import accumulate
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from grader.assignment.config import Config, Item
from grader.assignment.faults import Faulty, meant
from grader.frozen import frozen

Answer = TypeVar("Answer")


@frozen
class Alternative(Generic[Answer]):
    """A further answer, with the share of the points that it earns and what is said to the student."""

    answer: Answer
    credit: Fraction
    message: str


@frozen
class Expected(Generic[Answer]):
    """The answer to an item, as the reference holds it or once it is read; ``place`` is its file and line."""

    answer: Answer
    accepted: tuple[Alternative[Answer], ...] = ()
    place: str = ""


@frozen
class AnswerKey:
    """``expected`` by item; ``answers`` as the reference gives them, by item or by whole part."""

    expected: Mapping[str, Expected[Any]]
    answers: Mapping[str, Any]


def load(folder: Path | str, config: Config) -> AnswerKey:
    """Import the reference package in a folder and check it against the config.

    Raises ``Faulty`` with every mistake: a package that cannot be imported, an item without an answer, a name that is
    no item, a credit that is no share.
    """
    folder = Path(folder).resolve()
    source = _Source(folder)
    answers, accepted = _imported(folder)
    mistakes = [*source.mistakes]
    items = [item.name for item in config.items]
    for name in [*answers, *accepted]:
        if str(name) not in (*config.parts, *items):
            mistakes.append(f"{source.place(name)}: {name!r} is no item of the config; {meant(str(name), items)}")
    expected: dict[str, Expected[Any]] = {}
    for item in config.items:
        answer, place = _answer(item, answers), source.place(item.name)
        if answer is not None:
            others = list(_alternatives(accepted.get(item.name, ()), place, item))
            alternatives = tuple(one for one in others if isinstance(one, Alternative))
            mistakes += [one for one in others if isinstance(one, str)]
            expected[item.name] = Expected(answer, alternatives, place)
        elif item.needs_reference:
            mistakes.append(f"{place}: {item.name} has no answer")
    if mistakes:
        raise Faulty(*mistakes)
    return AnswerKey(expected, answers)


class _Source:
    """The text of the reference's files: where names stand, and what is wrong with it that Python does not say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: dict[object, str] = {}
        self.mistakes: list[str] = []
        for path in sorted(folder.rglob("*.py")):
            file = path.relative_to(folder.parent).as_posix()
            try:
                nodes = list(ast.walk(ast.parse(path.read_text("utf-8", "replace"))))
            except SyntaxError as error:  # of a file that nothing imports
                self.mistakes.append(f"{file}:{error.lineno or 1}: SyntaxError: {error.msg}")
                continue
            constants = [node for node in nodes if isinstance(node, ast.Constant)]
            for node in sorted(constants, key=attrgetter("lineno")):
                self.places.setdefault(node.value, f"{file}:{node.lineno}")
            for display in nodes:  # Python would keep the last of two keys, and say nothing
                seen: set[object] = set()
                for key in display.keys if isinstance(display, ast.Dict) else ():
                    if isinstance(key, ast.Constant) and key.value in seen:
                        self.mistakes.append(f"{file}:{key.lineno}: {key.value!r} stands twice in one dictionary")
                    seen.add(key.value if isinstance(key, ast.Constant) else key)

    def place(self, name: object) -> str:
        """File and line of a name or, since names may be put together, of its longest beginning that stands there."""
        beginnings = accumulate(str(name).split("."), "{}.{}".format)
        places = [self.places[beginning] for beginning in beginnings if beginning in self.places]
        return places[-1] if places else f"{self.folder.name}/__init__.py:1"


def _imported(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    file = folder / "__init__.py"
    if not file.is_file():
        raise Faulty(f"{folder.name}: there is no reference package (no {folder.name}/__init__.py)")
    try:
        with _alone(folder.name):
            spec = importlib.util.spec_from_file_location(folder.name, file, submodule_search_locations=[str(folder)])
            if spec is None or spec.loader is None:
                raise ImportError(f"{folder.name} is no package")
            module = sys.modules[folder.name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    except Exception as error:  # whatever the code of a reference raises is a mistake in it
        raise Faulty(f"{_where(error, folder)}: {type(error).__name__}: {error}") from None
    answers: Any = getattr(module, "ANSWERS", None)
    accepted: Any = getattr(module, "ACCEPTED", {})
    for name, value in (("ANSWERS", answers), ("ACCEPTED", accepted)):
        if not isinstance(value, dict):
            raise Faulty(f"{folder.name}/__init__.py:1: {name} must be a dictionary of answers by item")
    return answers, accepted


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """The name of the package is free inside and as it was afterwards, so that two references never mix."""

    def taken_out() -> dict[str, ModuleType]:
        return {key: sys.modules.pop(key) for key in list(sys.modules) if key.partition(".")[0] == name}

    before = taken_out()
    importlib.invalidate_caches()
    try:
        yield
    finally:
        taken_out()
        sys.modules.update(before)


def _where(error: Exception, folder: Path) -> str:
    """File and line of the reference at which it went wrong."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    inside = [(Path(file), line) for file, line in places if folder in Path(file).parents]
    file, line = inside[-1] if inside else (folder / "__init__.py", 1)
    return f"{file.relative_to(folder.parent).as_posix()}:{line or 1}"


def _answer(item: Item, answers: Mapping[str, Any]) -> Any:
    """The answer to an item, given by its own name or inside its part's."""
    if item.name in answers:
        return answers[item.name]
    found: Any = answers.get(item.part)
    for name in item.path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _alternatives(given: Any, place: str, item: Item) -> Iterator[Alternative[Any] | str]:
    """Every further answer, or what is wrong with it."""
    if not isinstance(given, (list, tuple)):
        yield f"{place}: ACCEPTED for {item.name} must be a list"
        return
    for entry in given:
        if not isinstance(entry, dict) or set(entry) - {"answer", "credit", "message"} or "answer" not in entry:
            yield f"{place}: an accepted answer to {item.name} has the keys answer, credit, message"
            continue
        try:
            credit = Fraction(entry.get("credit", 1))
        except (TypeError, ValueError, ZeroDivisionError):
            credit = Fraction(-1)
        if 0 <= credit <= 1:
            yield Alternative(entry["answer"], credit, str(entry.get("message", "")))
        else:
            yield f"{place}: the credit of {entry['answer']!r} must be a share from 0 to 1, such as '1/2'"
