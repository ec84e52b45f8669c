"""Chromium without a window, told what to do over a pipe: no driver and no web socket is needed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""The browser of this machine, if it has one."""

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "F8": 119, "s": 83}
"""The keys' old numbers, without which some of them do nothing."""


class Chromium:
    """One page. Keys go to it as from a keyboard. ``options`` are more words for the browser's command line."""

    def __init__(self, program: str, profile: Path, *options: str) -> None:
        hears, self._to = os.pipe()
        self._from, says = os.pipe()
        # The pipes have to be the browser's file descriptors 3 and 4.
        code = f'exec 3<&{hears} 4>&{says}; exec "$@"'
        words = [
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync", *options),
            *(f"--user-data-dir={profile}", "--remote-debugging-pipe"),
        ]
        self._process = subprocess.Popen(
            ["bash", "-c", code, "bash", program, *words],
            pass_fds=(hears, says), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(hears)
        os.close(says)
        self._rest, self._number, self._session = b"", 0, ""
        self.events: list[dict] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **parameters: object) -> dict:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            said = self._heard()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]

    def _heard(self) -> dict:
        """The next that the browser says; what is no answer is kept in ``events``."""
        while b"\0" not in self._rest:
            chunk = os.read(self._from, 1 << 16)
            assert chunk, "the browser has ended"
            self._rest += chunk
        line, self._rest = self._rest.split(b"\0", 1)
        said = json.loads(line)
        if "id" not in said:
            self.events.append(said)
        return said

    def load(self, address: str = "") -> None:
        """Goes there, or loads the page again, until all of it is loaded; ``Page.enable`` comes before."""
        if address:
            self.call("Page.navigate", url=address)
        else:
            self.call("Page.reload")
        while self._heard().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, expression: str) -> object:
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def wait(self, expression: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.02)

    def press(self, key: str, **more: object) -> None:
        more.setdefault("windowsVirtualKeyCode", KEYS.get(key, 0))
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" and "modifiers" not in more else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **more)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def drop(self, *files: Path, x: int = 200, y: int = 400) -> None:
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def quit(self) -> None:
        """Ends the browser by its own way out, so that what it logs is whole; ``close`` comes after all the same."""
        self._session = ""
        self.call("Browser.close")
        self._process.wait(timeout=30)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
