"""The homework's procedure, differentiated, and equations read as a student types them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader import document
from grader.assignment import config
from grader.forms import equations
from grader.forms.answer import Typed
from grader.gradients import points, procedure
from grader.gradients.points import Differentiated
from grader.gradients.procedure import Equation, Procedure
from grader.language import reading

HOMEWORK = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture(scope="session")
def compile_procedure() -> Callable[[config.Procedure], Procedure]:
    return procedure.read


@pytest.fixture(scope="session")
def forward() -> Procedure:
    return procedure.read(config.load(HOMEWORK).procedures["2.1"])


@pytest.fixture(scope="session")
def derived(forward: Procedure) -> Differentiated:
    return points.differentiated(forward, "J")


@pytest.fixture(scope="session")
def read(forward: Procedure) -> Callable[..., Equation]:
    known = [*forward.sizes, *forward.variables, *forward.parameters]

    def one(text: str, where: dict[str, str] | None = None) -> Equation:
        names = [*known, *(where or {})]
        definitions = {name: reading.equation(meaning, names).node for name, meaning in (where or {}).items()}
        return Equation(reading.equation(text, names).node, definitions)

    return one


@pytest.fixture(scope="session")
def typed() -> Callable[[dict[str, Any]], dict[str, Equation]]:
    """Reads the fields of an answer: the equations that can be read, by variable."""
    stated = config.load(HOMEWORK)

    def read_all(fields: dict[str, Any]) -> dict[str, Equation]:
        file = document.salvage(yaml.safe_dump(fields, allow_unicode=True).encode())
        assert file.root is not None
        read = equations.answers(Typed(stated.items_of["2.1.2"], file.root, stated, file)).answers
        return {answer.item.variable: answer.value for answer in read if answer.status == "read"}

    return read_all
