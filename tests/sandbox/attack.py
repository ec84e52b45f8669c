"""Runs every hostile program of the folder ``hostile`` in the environment that it is started in; a JSON line each.

An attack is contained if it ended as its row says, if it said nothing of the secret that stands in a file, in the
environment and in the memory of the grader, changed no file, reached no server, left nothing running, and took no
longer than its limit. The grader itself must be alive to write the next line.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from grader import sandbox
from grader.processes import pool
from grader.sandbox import running

_HEAD = re.compile(r"^#: (\w+) -> (\S+)$", re.MULTILINE)
_SECRET = "hh7Qe2vSx0zR4tKc"
_LIMITS = sandbox.Limits(seconds=10.0, megabytes=96)
_SHORT = replace(_LIMITS, seconds=0.4)
"""For attacks that wait for it: the others have more time than they need, also on a busy machine."""
_BACKWARD = """
def backward(v):
    try:
        got = attack()
    except BaseException:
        got = None
    return {"escaped": float(bool(got))}
"""


@dataclass(frozen=True)
class Attack:
    name: str
    expect: str
    source: str

    @property
    def waits(self) -> bool:
        """For its limit of time, in the first place."""
        return self.expect.startswith("python.time")


def attacks() -> Iterator[Attack]:
    for path in sorted((Path(__file__).parent / "hostile").glob("*.txt")):
        heads = list(_HEAD.finditer(text := path.read_text(encoding="utf-8")))
        for head, after in zip(heads, [*(head.start() for head in heads[1:]), len(text)]):
            source = text[head.end() : after]
            if "def backward" not in source and "def attack" in source:
                source += _BACKWARD
            yield Attack(f"{path.stem}.{head[1]}", head[2], source)


class Place:
    """What an attack would like to get at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self.secret = folder / "secret"
        self.secret.write_text(_SECRET)
        self.secret.chmod(0o644)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)

    def fill_in(self, source: str) -> bytes:
        known = {
            "SECRET": str(self.secret),
            "FOLDER": str(self.folder),
            "PORT": str(self.listener.getsockname()[1]),
            "GRADER": str(os.getpid()),
            "NESTED": "(" * 5000 + ")" * 5000,
            "NUL": "\0",
        }
        for name, value in known.items():
            source = source.replace(f"@{name}@", value)
        return source.encode()

    def harm(self) -> Iterator[str]:
        if (
            not self.secret.exists()
            or self.secret.read_text() != _SECRET
            or self.secret.stat().st_mode & 0o777 != 0o644
        ):
            yield "the secret was changed"
        for found in self.folder.iterdir():
            if found != self.secret:
                yield f"{found.name} was made"
                found.unlink(missing_ok=True)
        with contextlib.suppress(BlockingIOError):
            self.listener.accept()[0].close()
            yield "the server was reached"
        if running.processes():
            yield "a process is left"
        if resource.getrlimit(resource.RLIMIT_CPU)[0] != resource.RLIM_INFINITY:
            yield "the grader's limits were changed"


def row(attack: Attack, place: Place, required: str, without: frozenset[str]) -> dict[str, Any]:
    limits = _SHORT if attack.waits else _LIMITS
    instance = {"x": np.arange(3.0), "t": np.array(1)}
    start = time.monotonic()
    outcome = sandbox.run(place.fill_in(attack.source), [instance, instance], limits, required, without)
    seconds = time.monotonic() - start
    harm = list(place.harm())
    ended = outcome.reason.code if outcome.reason else "values"
    if _SECRET in repr(outcome):
        harm.append("the secret was said")
    if any(np.any(np.asarray(given.get("escaped", 0)) == 1.0) for given in outcome.values or ()):
        harm.append("it says that it escaped")
    if seconds > _LIMITS.seconds + 10:
        harm.append("it took too long")
    told = repr(outcome.reason.blocks) if outcome.reason else ""
    if re.search(r"/(usr|root|home|work|lib|tmp)/", told):
        harm.append("a path of the machine was told")
    if len(told) > 2000:
        harm.append("too much was told")
    allowed = set(attack.expect.split("|"))
    if "refused" in allowed:
        allowed |= {"values", "python.exception", "python.import", "python.memory"}
    return {
        "name": attack.name,
        "ended": ended,
        "level": outcome.level,
        "contained": not harm,
        "expected": "any" in allowed or ended in allowed,
        "harm": harm,
        "told": told,
        "seconds": round(seconds, 3),
    }


def rows(chosen: list[Attack], place: Place, required: str, without: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Some run side by side, for many wait: each process has a server of its own. Harm is laid to whoever is there."""

    def work(job: pool.Data, say: pool.Say) -> pool.Data:
        return row(chosen[job["number"]], place, required, without)

    for outcome in pool.run(({"number": number} for number in range(len(chosen))), work, 2, 60.0):
        yield outcome.result or {"fault": outcome.fault, "contained": False}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--required", default="none")
    parser.add_argument("--without", default="")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    os.environ["GRADER_SECRET"] = _SECRET
    without = frozenset(filter(None, options.without.split(",")))
    with tempfile.TemporaryDirectory() as folder:
        chosen = [attack for attack in attacks() if attack.name.startswith(tuple(options.only.split(",")))]
        for said in rows(chosen, Place(Path(folder)), options.required, without):
            print(json.dumps(said), flush=True)
    sandbox.stop()


if __name__ == "__main__":
    sys.exit(main())
