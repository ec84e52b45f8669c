"""Writes ``docs/config.md`` from the models of ``config.yaml`` and from the words that stand under their keys."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from grader.assignment import config, part_kinds
from grader.assignment.config import Isolation
from grader.assignment.part_kinds import FIELD_KINDS
from grader.report import Visibility

HEAD = """\
# config.yaml, key by key

Written by `make docs` from `grader/assignment/config.py` and `part_kinds.py`: change it there. `config.yaml` states the
problems, the rubric and the limits, and holds no answer; `grader doctor` reads it and names every mistake in it with
its line.
Conditions, activations and steps are written in the language that students type; a condition on a network's inputs may
also say `permutation(a, b; c, d)` and `distinct(a, b, c)`. A piece that stands twice may be an anchor of YAML, and need
not be.

At the top: `title`, what the homework is called; `procedures` and `parts`, names with values; and, as far as they
differ from what is said below, `rubric`, `feedback`, `self_check`, `limits`, `python_answers` and `gradescope`.
"""

SECTIONS = (
    ("`procedures.NAME`", part_kinds.Procedure),
    ("`parts.NAME` of kind `network`", part_kinds.NetworkPart),
    ("`parts.NAME.layers`, each", part_kinds.Layer),
    ("`parts.NAME.tiers`, each", part_kinds.Tier),
    ("`parts.NAME.properties`, each", part_kinds.Property),
    ("`parts.NAME` of kind `graph`", part_kinds.GraphPart),
    ("`parts.NAME` of kind `backward`", part_kinds.BackwardPart),
    ("`parts.NAME` of kind `fields`", part_kinds.FieldsPart),
    ("`parts.NAME.items`, each", part_kinds.FieldItem),
    ("`rubric`", config.Rubric),
    ("`rubric.partial`", config.Shares),
    ("`feedback`", config.Feedback),
    ("`self_check`", config.SelfCheck),
    ("`limits`", config.Limits),
    ("`python_answers`", config.PythonAnswers),
    ("`gradescope`", config.Gradescope),
)
CHOICES = {
    "Visibility": get_args(Visibility),
    "Visibility | None": get_args(Visibility),
    "Isolation": get_args(Isolation),
    "Annotated[str, BeforeValidator(_field_kind)]": FIELD_KINDS,
}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for title, model in SECTIONS for line in _section(title, model))])


def _section(title: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield " ".join(inspect.getdoc(model).split()).replace("``", "`")
    yield ""
    yield "| key | if left out | what |"
    yield "| --- | --- | --- |"
    for key, (annotation, text) in _keys(model).items():
        known = model.model_fields[key]
        default = "required" if known.is_required() else _written(known.get_default(call_default_factory=True))
        yield f"| `{key}` | {default} | {text}{_choices(annotation)} |"
    yield ""


def _keys(model: type[BaseModel]) -> dict[str, tuple[str, str]]:
    """Each key with its annotation as it is written and the words under it; inherited ones first."""
    if model.__module__ not in (config.__name__, part_kinds.__name__):
        return {}
    found = {key: value for base in model.__bases__ for key, value in _keys(base).items()}
    (definition,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)
    for stated, below in zip(definition.body, [*definition.body[1:], None]):
        if isinstance(stated, ast.AnnAssign) and ast.unparse(stated.target) in model.model_fields:
            words = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
            found[ast.unparse(stated.target)] = (ast.unparse(stated.annotation), str(words))
    return found


def _choices(annotation: str) -> str:
    choices = CHOICES.get(annotation, ())
    if annotation.startswith("Literal["):
        choices = ast.literal_eval(f"[{annotation.removeprefix('Literal[')}")
    return f" One of: {', '.join(f'`{choice}`' for choice in choices)}." if len(choices) > 1 else ""


def _written(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "as below"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value in (None, "", (), {}):
        return "none"
    return f"`{list(value) if isinstance(value, tuple) else value}`"


if __name__ == "__main__":
    Path(__file__).with_name("config.md").write_text(page(), encoding="utf-8")
