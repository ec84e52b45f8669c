"""A results file is complete or absent, and is there even when the disk filled up on the way."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.processes.destination import Destination


def test_the_text_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "results.json"
    target.write_text("before")
    with Destination(target) as destination:
        assert target.read_text() == "before"
        destination.write("übrig")
    assert target.read_text(encoding="utf-8") == "übrig"
    assert os.listdir(tmp_path) == ["results.json"]


def test_leaving_without_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Destination(tmp_path / "results.json"):
        raise KeyError
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("moment", ["open", "written"])
def test_a_killed_run_leaves_nothing(moment: str, tmp_path: Path) -> None:
    probe = os.open(tmp_path, os.O_RDWR | getattr(os, "O_TMPFILE", 0)) if hasattr(os, "O_TMPFILE") else -1
    if probe < 0:
        pytest.skip("this system has no files without a name")
    os.close(probe)
    target = tmp_path / "results.json"
    pid = os.fork()
    if pid == 0:
        with Destination(target) as destination:
            if moment == "written":
                destination._fill("half of")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert os.listdir(tmp_path) == []


def test_a_nameless_file_that_can_have_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "no link here")

    monkeypatch.setattr(os, "link", refuse)
    with Destination(tmp_path / "results.json") as destination:
        destination.write("whole")
    assert (tmp_path / "results.json").read_text() == "whole"
    assert os.listdir(tmp_path) == ["results.json"]


def test_without_nameless_files_it_works_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    target = tmp_path / "results.json"
    with Destination(target) as destination:
        destination.write("whole")
    with pytest.raises(KeyError), Destination(target):
        raise KeyError
    assert target.read_text() == "whole"
    assert os.listdir(tmp_path) == ["results.json"]


def test_lone_surrogates_can_be_written(tmp_path: Path) -> None:
    with Destination(tmp_path / "out") as destination:
        destination.write("a\ud800b")
    assert (tmp_path / "out").read_text() == "a?b"


def test_a_device_or_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for target in (pipe, Path(os.devnull)):
            with Destination(target) as destination:
                destination.write("whole")
        assert os.read(reader, 100) == b"whole"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("target", [".", "/", "folder"])
def test_a_folder_is_refused_as_the_system_refuses_it(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match=r"."), Destination(target):
        pass
    assert os.listdir(tmp_path) == ["folder"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "results.json"
    link.symlink_to("folder/real.json")
    with Destination(link) as destination:
        destination.write("whole")
    assert link.is_symlink()
    assert (tmp_path / "folder" / "real.json").read_text() == "whole"
    assert os.listdir(tmp_path / "folder") == ["real.json"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a small file system needs root")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=False).returncode:
        pytest.skip("this machine does not let a small file system be mounted")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
        file.writelines(iter(lambda: bytes(4096), None))


def test_a_disk_that_fills_up_on_the_way_does_not_cost_the_results(small_disk: Path) -> None:
    target = small_disk / "results.json"
    with Destination(target) as destination:
        fill(small_disk)
        destination.write("x" * 900_000)
    assert target.read_text() == "x" * 900_000


def test_a_text_too_large_for_the_disk_gives_way_to_a_shorter_one(small_disk: Path) -> None:
    target = small_disk / "results.json"
    with Destination(target) as destination:
        fill(small_disk)
        destination.write("x" * 9_000_000, shorter="{}")
    assert target.read_text() == "{}"


def test_with_no_room_at_all_the_target_stays_what_it_was(small_disk: Path) -> None:
    target = small_disk / "results.json"
    target.write_text("before")
    fill(small_disk)
    with Destination(target) as destination, pytest.raises(OSError, match="space") as caught:
        destination.write("x" * 9_000_000)
    assert caught.value.errno == errno.ENOSPC
    assert target.read_text() == "before"
    assert sorted(os.listdir(small_disk)) == ["filler", "results.json"]
