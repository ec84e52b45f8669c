"""The page's worker in Node, for tests and measurements: files in, its report out."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

from grader.package import browser

PROJECT = Path(__file__).resolve().parents[2]


class Worker:
    """The page's worker in Node: files in, its report out."""

    def __init__(self, folder):
        words = [browser.node(), str(PROJECT / "grader/browser/node.mjs"), str(folder)]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1
        )
        self.told("ready")

    def told(self, wanted):
        for line in self.process.stdout:
            message = json.loads(line)
            assert "fault" not in message, message["fault"]
            if wanted in message:
                return message[wanted]
        raise AssertionError("the worker ended")

    def tell(self, **message):
        self.process.stdin.write(f"{json.dumps(message)}\n")

    def memory(self):
        self.tell(memory=True)
        return self.told("memory")

    def give(self, files):
        """Lets it begin to check files, given as text or bytes."""
        sent = {
            name: data if isinstance(data, str) else {"base64": base64.b64encode(data).decode()}
            for name, data in files.items()
        }
        self.tell(id=1, check={"files": sent, "text": True})

    def report(self):
        """The report on the files that it was given."""
        report = self.told("report")
        assert not report["faults"], report["faults"]
        return report

    def check(self, files):
        self.give(files)
        return self.report()

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)
