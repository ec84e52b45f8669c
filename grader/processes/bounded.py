"""Work that may take for ever, done in a process of its own that ends at its limits.

sympy and z3 have no bound that always holds: they are stopped from outside. A process of a fork knows what its parent
knows, and costs some milliseconds. Where there is no fork, such work is not begun.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from grader.processes import pool, system
from grader.processes.pool import Data, Say

_PATIENCE = 15
"""Wall seconds for one processor second: a loaded machine must not change a verdict."""


def run(work: Callable[[], Any], seconds: int = 1, megabytes: int = 400) -> Any:
    """What ``work`` returns, or None where it fails, or needs more processor time or memory than it may take.

    It returns plain data, as JSON has it. Nothing that it changes is seen here.
    """

    def limited(_: Data, say: Say) -> Data:
        system.limit("CORE", 0)
        system.limit("CPU", seconds)
        system.limit("AS", (system.address_space() or 2**40) + megabytes * 2**20)
        return {"returned": work()}

    if not system.FORKS:
        return None
    with closing(pool.run(iter([{}]), limited, 1, _PATIENCE * seconds)) as outcomes:
        return (next(outcomes).result or {}).get("returned")
