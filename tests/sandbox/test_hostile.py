"""Every hostile program is contained, whoever runs the grader and wherever; below the level asked for, none is run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CANNOT = 77
WHERE = ("here", "plain", "container", "container_plain")
NO_LANDLOCK = "landlock,landlock_all"
WHAT_LANDLOCK_REFUSES = "files.,network.,others.,processes."


def attack(where: str, *options: str) -> list[dict[str, Any]]:
    command = [sys.executable, str(HERE / "attack.py"), *options]
    if where != "here":
        command = [sys.executable, str(HERE / "environments.py"), where, *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if where != "here" and done.returncode == CANNOT:
        pytest.skip(f"this machine does not let the environment {where!r} be made: {done.stderr}")
    assert done.returncode == 0, f"the grader did not survive: {done.returncode} {done.stderr}\n{done.stdout[-500:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]


# A plain user has the fewest layers: without Landlock there is the filter alone.
@pytest.mark.parametrize(
    ("where", "without", "only", "many"),
    [*((where, "", "", 200) for where in WHERE), ("plain", NO_LANDLOCK, WHAT_LANDLOCK_REFUSES, 80)],
)
def test_every_attack_is_contained(where: str, without: str, only: str, many: int) -> None:
    rows = attack(where, "--required", "strong", "--without", without, "--only", only)
    assert len(rows) > many
    if all(row["ended"] == "python.isolation" for row in rows):
        pytest.skip("this machine does not isolate strongly: nothing was run")
    assert [row for row in rows if not row["contained"] or not row["expected"]] == []


@pytest.mark.parametrize("where", WHERE)
def test_without_the_filter_nothing_is_run(where: str) -> None:
    rows = attack(where, "--required", "strong", "--without", "seccomp", "--only", "files.")
    assert rows
    assert {row["ended"] for row in rows} == {"python.isolation"}
    assert {row["level"] for row in rows} <= {"partial", "none"}


def test_the_attacks_bite() -> None:
    """With every layer but the limits left out, many of them get what they want: the tests above can fail."""
    without = "chroot,uid,capabilities,no_new_privs,landlock,landlock_all,seccomp"
    rows = attack("here", "--without", without, "--only", "files.read_secret")
    assert sum(not row["contained"] for row in rows) >= 5
    rows = attack("here", "--without", without, "--only", "network.connect")
    assert not any(row["contained"] for row in rows if row["name"] == "network.connect")
