"""Nothing a student types is ever executed: the grader's source holds no call that could."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT_IN = {"eval", "exec", "compile"}
FORBIDDEN = BUILT_IN | {"sympify", "parse_expr", "parse_latex", "lambdify", "loads_pickle"}
MODULES = {"pickle", "marshal", "shelve", "dill"}
STUDENT_SIDE = {"grader/sandbox/inside/program.py"}
"""Where student Python runs: a process that holds no answer. The one place that may compile it, and that catches
whatever it raises."""
FORKS = {"grader/processes/descendants.py", "grader/sandbox/inside/server.py"}
"""A child that was forked prints whatever it raises and ends: nothing gets back into its parent's code."""


@pytest.fixture(scope="module")
def trees():
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "grader").rglob("*.py"))
    }


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            yield name, isinstance(function, ast.Attribute) and getattr(function.value, "id", ""), node.lineno


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_call_that_runs_text(trees):
    # A method of that name is another thing: a z3 model's eval, re.compile.
    found = [
        (path, name, line)
        for path, tree in trees.items()
        if path not in STUDENT_SIDE
        for name, owner, line in calls(tree)
        if name in FORBIDDEN and (name not in BUILT_IN or owner in (False, "builtins"))
    ]
    assert found == []


def test_no_module_that_unpacks_objects(trees):
    found = [(path, name) for path, tree in trees.items() for name in imports(tree) if name in MODULES]
    assert found == []


def test_two_places_catch_everything(trees):
    catching = {
        path
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    }
    # The answer key runs the reference's own code, and names the line of it that raises.
    assert catching - STUDENT_SIDE - FORKS == {"grader/grading.py", "grader/assignment/answer_key.py"}
