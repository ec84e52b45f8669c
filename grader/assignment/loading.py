"""The text of a config file to its sections, with every mistake in it gathered before any is reported."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from grader import document
from grader.assignment import contradictions, faults, models
from grader.assignment.faults import Lines, Mistake, Path
from grader.assignment.part_kinds import PART_KINDS, Part

_SECTIONS: dict[str, type[BaseModel]] = {
    "rubric": models.Rubric,
    "feedback": models.Feedback,
    "self_check": models.SelfCheck,
    "limits": models.Limits,
    "python_answers": models.PythonAnswers,
    "gradescope": models.Gradescope,
}
_KNOWN = ("title", "procedures", "parts", *_SECTIONS)


def sections(data: bytes | str, name: str) -> dict[str, Any]:
    """The arguments of a ``Config``. Raises ``Faulty`` with all mistakes, in the order of the file."""
    try:
        root = document.read(data).root
    except document.Unreadable as fault:
        raise faults.Faulty(f"{name}:{fault.line or 1}: {fault.message}") from None
    if not isinstance(root, document.Mapping):
        raise faults.Faulty(
            f"{name}:1: a config holds 'title' and 'parts'; see the config.yaml that comes with the grader"
        )
    lines = Lines(name)
    plain = as_data(root, (), lines.of)
    mistakes: list[Mistake] = []
    read = _read(plain, mistakes)
    mistakes += contradictions.find(read)
    if mistakes:
        mistakes.sort(key=lambda mistake: lines.line(mistake[0]))
        # A piece that an anchor repeats has its mistakes once.
        once = {(lines.line(path), path[-1:], message): path for path, message in reversed(mistakes)}
        raise faults.Faulty(*(lines.say(path, key[-1]) for key, path in reversed(once.items())))
    return {**read, "lines": lines}


def as_data(node: document.Node, path: Path, lines: dict[Path, int]) -> Any:
    """Nested dicts, lists and text; an unquoted empty value is None."""
    lines.setdefault(path, node.line)
    if isinstance(node, document.Scalar):
        return None if node.plain and node.empty else node.text
    if isinstance(node, document.Sequence):
        return [as_data(item, (*path, str(number)), lines) for number, item in enumerate(node.items)]
    if isinstance(node, document.Mapping):
        for key, _ in node.entries:
            lines[(*path, key.text)] = key.line
        return {key.text: as_data(value, (*path, key.text), lines) for key, value in node.entries}
    raise AssertionError("a strict document has no broken places")


def _read(plain: dict[str, Any], mistakes: list[Mistake]) -> dict[str, Any]:
    read: dict[str, Any] = {"parts": {}, "procedures": {}}
    for key in plain:
        if key not in _KNOWN:
            meant = faults.nearest(key, _KNOWN)
            hint = f"did you mean {meant!r}?" if meant else f"known are: {', '.join(_KNOWN)}"
            mistakes.append(((key,), f"unknown key; {hint}"))
    title = plain.get("title")
    if isinstance(title, str) and title.strip():
        read["title"] = title
    else:
        mistakes.append((("title",), "is missing" if title is None else "text is expected"))
    for part, value in _named(plain, "parts", mistakes, required=True):
        kind = value.get("kind") if isinstance(value, dict) else None
        if isinstance(value, dict) and kind not in PART_KINDS:
            mistakes.append(_no_kind(kind, ("parts", part)))
        else:
            _keep(read["parts"], part, PART_KINDS.get(str(kind), Part), value, ("parts", part), mistakes)
    for procedure, value in _named(plain, "procedures", mistakes):
        _keep(read["procedures"], procedure, models.Procedure, value, ("procedures", procedure), mistakes)
    for section, model in _SECTIONS.items():
        if section in plain:
            _keep(read, section, model, plain[section], (section,), mistakes)
    return read


def _no_kind(kind: object, path: Path) -> Mistake:
    *names, last = PART_KINDS
    if kind is None:
        return path, f"'kind' is missing ({', '.join(names)} or {last})"
    return (*path, "kind"), faults.none_of(kind, PART_KINDS, ", ".join(PART_KINDS))


def _named(
    plain: dict[str, Any], section: str, mistakes: list[Mistake], *, required: bool = False
) -> list[tuple[str, Any]]:
    value = plain.get(section)
    if isinstance(value, dict) and (value or not required):
        return list(value.items())
    if required or section in plain:
        mistakes.append(((section,), "is missing" if value is None else "names with values are expected"))
    return []


def _keep(
    into: dict[str, Any], name: str, model: type[BaseModel], value: Any, path: Path, mistakes: list[Mistake]
) -> None:
    try:
        into[name] = model.model_validate(value)
    except ValidationError as error:
        mistakes.extend(faults.of_model(error, path, model))
