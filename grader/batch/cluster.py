"""The same work on the workers of a Dask cluster, on this machine or on others: nothing need be shared but the grader.

A submission travels with its task, as a zip, and so do the config and the reference. Each worker process
keeps one process of ours beside it, which marks in a pool of one: so the limits hold there as they do here.
"""

from __future__ import annotations

import base64
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from grader import decisions
from grader.batch import roster
from grader.batch.running import MEGABYTES, Marker
from grader.processes import descendants, pool
from grader.processes.pool import Data, Outcome

_AHEAD = 2
"""Tasks handed out for each thread of the cluster, so that none waits for the next."""
_CONNECT_SECONDS = 20


def run(todo: Iterator[Data], marker: Marker, address: str) -> Generator[Outcome, None, None]:
    """Does the jobs on the cluster, in any order. A worker that is lost has its jobs done by another.

    Raises ``Unsuitable`` where there is no cluster at the address, or no Dask here.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise roster.Unsuitable("marking on a cluster needs Dask: pip install 'grader[cluster]'") from error
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise roster.Unsuitable(f"there is no Dask scheduler at {address}: {error}") from error
    with client:
        # With each task, and not scattered: Dask keeps few copies of scattered data, and they go with their worker.
        kit = _kit(marker)
        jobs: dict[str, Data] = {}
        done = distributed.as_completed(loop=client.loop)
        for job in todo:
            # A submission within the limits for archives: a folder as its files, an archive as it is.
            members = roster.files(roster.placed(job), marker.config.limits)
            content = _packed((f"submission/{name}", data) for name, data in members if data is not None)
            future = client.submit(mark, {**job, "content": content}, kit, pure=False, retries=2)
            jobs[future.key] = job
            done.add(future)
            if len(jobs) >= _AHEAD * max(sum(client.nthreads().values()), 1):
                yield _outcome(next(done), jobs)
        while jobs:
            yield _outcome(next(done), jobs)


def _outcome(future: Any, jobs: dict[str, Data]) -> Outcome:
    job = jobs.pop(future.key)
    reason = future.exception()  # waits anew where a worker was lost with the result
    if reason is not None:
        return Outcome(job, None, f"The cluster lost this submission: {reason!r}", (), 0.0)
    over = future.result()
    future.release()
    return Outcome(job, **over)


def _kit(marker: Marker) -> Data:
    """The config, the reference and the decisions, in a zip; the key tells one kit from another."""
    folder, decided = marker.reference, marker.decisions
    files = [(f"reference/{file.relative_to(folder).as_posix()}", file) for file in sorted(folder.rglob("*.py"))]
    if marker.decisions_file and decided.all:
        files.append((decisions.FILE, marker.decisions_file))
    content = _packed((name, file.read_bytes()) for name, file in [("config.yaml", marker.config_file), *files])
    return {"key": f"{marker.key} {decided.key}", "content": content}


def _packed(files: Iterable[tuple[str, bytes]]) -> str:
    """A zip in text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data)
    return base64.b64encode(packed.getvalue()).decode("ascii")


_beside = threading.local()


def mark(job: Data, kit: Data) -> Data:
    """A task: hands the job to this thread's own process and waits for what comes of it."""
    process = getattr(_beside, "process", None)
    if process is None or process.poll() is not None or _beside.key != kit["key"]:
        if process is not None:
            descendants.dismiss(process)
        command = [sys.executable, "-m", "grader.batch.cluster"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        _beside.process, _beside.key = process, kit["key"]
        print(json.dumps(kit), file=process.stdin, flush=True)
    print(json.dumps(job), file=process.stdin, flush=True)
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        descendants.dismiss(process)
        del _beside.process
        raise RuntimeError("the process beside the worker has ended")
    return dict(json.loads(line))


def main() -> None:
    """The process beside a worker: reads what to mark with, then jobs, and writes an outcome for each.

    Ends when standard input does, and takes everything it started along.
    """
    # What any library prints must not get between the outcomes.
    outcomes = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory(prefix="grader-marker-") as folder:
        kit = json.loads(sys.stdin.readline())
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(kit["content"]))) as archive:
            archive.extractall(folder)
        marker = Marker(Path(folder, "config.yaml"), Path(folder, "reference"), Path(folder, decisions.FILE))
        marker.prepare()
        jobs = _jobs(sys.stdin, Path(folder))
        for outcome in pool.run(jobs, marker.work, 1, marker.seconds, MEGABYTES):
            Path(outcome.job["path"]).unlink(missing_ok=True)
            over = {name: value for name, value in vars(outcome).items() if name != "job"}
            print(json.dumps(over), file=outcomes, flush=True)


def _jobs(source: IO[str], folder: Path) -> Iterator[Data]:
    for number, line in enumerate(source):
        job = json.loads(line)
        place = folder / f"{number}.zip"
        place.write_bytes(base64.b64decode(job.pop("content")))
        yield {**job, "path": str(place), "places": [("submission", "")]}


if __name__ == "__main__":
    main()
