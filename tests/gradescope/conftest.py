"""A machine as Gradescope's: a root file system of its own, entered as root with a container's capabilities."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
MEMORY = 750 << 20
CAPABILITIES = (
    "chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod audit_write "
    "setfcap"
)
"""What a container has by default; no more of root's powers are left inside."""

REACHING_PACKAGES = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/pip.conf",
    str(Path.home() / ".config/pip/pip.conf"),
)
"""How this machine reaches its package indexes, copied as it is."""


if os.environ.get("GRADESCOPE_TEST") != "1":
    collect_ignore_glob = ["test_*.py"]  # only `make test-gradescope` runs them


def unavailable() -> str:
    """Why this machine cannot stand in for Gradescope's, or ""."""
    if os.geteuid() != 0:
        return "NOT TESTED ON GRADESCOPE'S TERMS: this needs root"
    lacking = [name for name in ("debootstrap", "unshare", "setpriv", "chroot") if shutil.which(name) is None]
    if lacking:
        return f"NOT TESTED ON GRADESCOPE'S TERMS: this machine has no {', '.join(lacking)}"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False)
    return "NOT TESTED ON GRADESCOPE'S TERMS: no namespaces here" if tried.returncode else ""


class Share:
    """Half a core and 0.75 GB, where a cgroup can be made."""

    def __init__(self) -> None:
        self.folders: list[Path] = []
        for controller, values in (
            ("memory", {"memory.limit_in_bytes": MEMORY}),
            ("cpu", {"cpu.cfs_period_us": 100_000, "cpu.cfs_quota_us": 50_000}),
        ):
            self._make(Path("/sys/fs/cgroup") / controller, values)
        if not self.folders:
            self._make(Path("/sys/fs/cgroup"), {"memory.max": MEMORY, "cpu.max": "50000 100000"})

    def _make(self, parent: Path, values: dict[str, object]) -> None:
        folder = parent / f"grader-test-{os.getpid()}"
        try:
            folder.mkdir()
            for name, value in values.items():
                (folder / name).write_text(str(value))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
        else:
            self.folders.append(folder)

    def enter(self) -> None:
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def pids(self) -> set[str]:
        return {pid for folder in self.folders for pid in (folder / "cgroup.procs").read_text().split()}

    def remove(self) -> None:
        for folder in self.folders:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def __str__(self) -> str:
        if self.folders:
            return "half a core and 0.75 GB are enforced by " + ", ".join(str(folder) for folder in self.folders)
        return "NOT ENFORCED here: half a core and 0.75 GB (no cgroup can be made)"


@dataclass(frozen=True)
class Machine:
    """``root`` holds the file system; ``setup`` is what setup.sh printed."""

    root: Path
    share: Share
    setup: str = ""

    def run(self, *command: str, seconds: float, limited: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command in there, as root, with a container's capabilities and namespaces of its own."""
        kept = ",".join(f"+{name}" for name in CAPABILITIES.split())
        passed = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        return subprocess.run(
            [
                *("unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"),
                f"--mount-proc={self.root}/proc",
                *("setpriv", f"--bounding-set=-all,{kept}", "--inh-caps=-all"),
                *("chroot", str(self.root), *command),
            ],
            env={**environment, **({} if limited else passed)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            preexec_fn=self.share.enter if limited else None,
        )


@pytest.fixture(scope="session")
def machine(tmp_path_factory, request):
    """Gradescope's layout with the zip unpacked and setup.sh run."""
    reason = unavailable()
    if reason:
        pytest.skip(reason)
    scratch = tmp_path_factory.mktemp("machine")
    root = scratch / "root"
    _file_system(root)
    proxies = [str(file) for file in Path("/etc/apt/apt.conf.d").glob("*") if "Proxy" in file.read_text()]
    for place in [*REACHING_PACKAGES, *proxies]:
        if Path(place).exists():
            Path(f"{root}{place}").parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(place, f"{root}{place}")
    bundle = os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    if Path(bundle).exists():
        Path(f"{root}{bundle}").parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(bundle, f"{root}{bundle}")
    _null_device(root)
    _unpack(scratch / "upload.zip", root / "autograder")
    share = Share()
    print(f"\n{share}")
    bare = Machine(root, share)
    before = bare.run("/usr/bin/python3", "-c", SYSTEM_PACKAGES, seconds=60, limited=False).stdout
    done = bare.run("/bin/bash", "/autograder/source/setup.sh", seconds=1200, limited=False)
    assert done.returncode == 0, done.stdout
    after = bare.run("/usr/bin/python3", "-c", SYSTEM_PACKAGES, seconds=60, limited=False).stdout
    assert set(after.split()) <= set(before.split()) | {"python3-venv", "pip", "setuptools"}, after
    yield Machine(root, share, done.stdout)
    share.remove()


SYSTEM_PACKAGES = "import importlib.metadata as m; print(*sorted(d.metadata['Name'] for d in m.distributions()))"


def _file_system(root: Path) -> None:
    kept = os.environ.get("GRADESCOPE_ROOTFS")
    if kept and Path(kept).exists():
        subprocess.run(["cp", "-a", kept, str(root)], check=True)
        return
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=python3,ca-certificates", "bookworm", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"NOT TESTED ON GRADESCOPE'S TERMS: debootstrap failed: {made.stdout[-500:]}{made.stderr[-500:]}")
    if kept:
        subprocess.run(["cp", "-a", str(root), kept], check=True)


def _null_device(root: Path) -> None:
    for name, number in (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9)):
        device = root / "dev" / name
        if not device.is_char_device():
            device.unlink(missing_ok=True)
            os.mknod(device, 0o020666, os.makedev(1, number))
            device.chmod(0o666)


def _unpack(upload: Path, autograder: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "grader", "package", "gradescope", "--out", str(upload)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    source = autograder / "source"
    with zipfile.ZipFile(upload) as archive:
        for entry in archive.infolist():
            archive.extract(entry, source)
            (source / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    shutil.copy(source / "run_autograder", autograder / "run_autograder")
    (autograder / "submission_metadata.json").write_text(
        json.dumps(
            {
                "id": 4711,
                "created_at": "2026-01-01T00:00:00.000000+00:00",
                "assignment": {"title": "Homework", "total_points": "6.0", "due_date": None},
                "submission_method": "upload",
                "users": [{"id": 7, "name": "Ada Example", "email": "ada@school.example"}],
                "previous_submissions": [],
            }
        )
    )
