"""The process beside a cluster's worker: reads what to mark with, then jobs, and writes an outcome for each."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from grader import decisions
from grader.batch.marker import Marker, Message
from grader.batch.running import MEGABYTES
from grader.processes import pool


def main() -> None:
    """Ends when standard input does, and takes everything it started along."""
    # What any library prints must not get between the outcomes.
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory(prefix="grader-marker-") as folder:
        marker = _marker(json.loads(sys.stdin.buffer.readline()), Path(folder))
        marker.prepare()
        jobs = _jobs(sys.stdin.buffer, Path(folder))
        for outcome in pool.run(jobs, marker.work, 1, marker.seconds, MEGABYTES):
            Path(outcome.job["path"]).unlink(missing_ok=True)
            whole = {"result": outcome.result, "fault": outcome.fault, "said": outcome.said, "seconds": outcome.seconds}
            said.write(json.dumps(whole) + "\n")
            said.flush()


def _marker(kit: Message, folder: Path) -> Marker:
    config = folder / "config.yaml"
    config.write_text(kit["config"], encoding="utf-8")
    for name, text in kit["reference"].items():
        file = folder / "reference" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    decided = folder / decisions.FILE
    decided.write_text(kit["decisions"], encoding="utf-8")
    return Marker(config, folder / "reference", decided)


def _jobs(source: IO[bytes], folder: Path) -> Iterator[Message]:
    for number, line in enumerate(source):
        job = json.loads(line)
        place = folder / f"{number}.zip"
        place.write_bytes(base64.b64decode(job.pop("content")))
        with zipfile.ZipFile(io.BytesIO(place.read_bytes())) as archive:
            inside = "submission" if archive.namelist() else ""
        yield {**job, "path": str(place), "inside": inside, "files": ()}


if __name__ == "__main__":
    main()
