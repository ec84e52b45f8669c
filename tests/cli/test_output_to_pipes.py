"""What is not a file stays what it is: a report can go to a pipe or a device."""

from __future__ import annotations

import os
import stat
import threading

from grader.cli import output


def test_a_pipe_gets_the_text_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    output.write("a report", str(pipe))
    reader.join(10)
    assert heard == ["a report"]
    assert stat.S_ISFIFO(os.stat(pipe).st_mode)
