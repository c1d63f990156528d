"""A real browser over its debugging protocol, as far as the tests of pages need one."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

PROGRAM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
#: Seconds for any answer of the browser: a machine that is busy with other tests is slow.
PATIENCE = 120.0


class Browser:
    """One page of a browser. What its console says, and what its policy refuses, gathers in `said`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._numbers, self._rest = connection, itertools.count(1), b""
        self.said: list[str] = []
        self._loaded = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a command of the protocol."""
        number = next(self._numbers)
        self._send(json.dumps({"id": number, "method": method, "params": params}).encode())
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, url: str, *, width: int, dark: bool) -> None:
        """Opens an address in a window of a width in pixels, and waits until all of it is there."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.said.clear()
        before = self._loaded
        self.ask("Page.navigate", url=url)
        while self._loaded == before:
            self._receive()

    def press(self, selector: str, document: str = "document") -> None:
        """Presses what a selector finds, and waits until the page that it leads to is there."""
        before = self._loaded
        self.run(f"{document}.querySelector({json.dumps(selector)}).click()")
        while self._loaded == before:
            self._receive()

    def run(self, expression: str) -> Any:
        """The value of an expression in the page, waited for where it is a promise."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(self, path: Path, most: int | None = None) -> None:
        """Writes the page as PNG, from its top to its end or for `most` pixels."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        height = min(size["height"], most or size["height"])
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1}
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(found["data"]))

    def _noted(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Page.loadEventFired":
            self._loaded += 1
        elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.said.append(params["entry"]["text"])
        elif event.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            self.said.append(json.dumps(params))

    def _send(self, data: bytes) -> None:
        short = len(data) < 1 << 16
        head = struct.pack(">BBH" if short else ">BBQ", 0x81, 0xFE if short else 0xFF, len(data))
        self._connection.sendall(head + bytes(4) + data)  # masked with zeros

    def _receive(self) -> dict[str, Any]:
        text = b""
        while True:
            first, length = self._read(2)
            length &= 0x7F
            if length > 125:
                length = int.from_bytes(self._read(2 if length == 126 else 8), "big")
            text += self._read(length)
            if first & 0x80:
                break
        message: dict[str, Any] = json.loads(text or b"{}")
        self._noted(message)
        return message

    def _read(self, count: int) -> bytes:
        while len(self._rest) < count:
            more = self._connection.recv(1 << 16)
            assert more, "the browser has gone"
            self._rest += more
        found, self._rest = self._rest[:count], self._rest[count:]
        return found


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own in `folder`, ended afterwards."""
    arguments = [
        PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--hide-scrollbars", "--no-first-run", "--remote-debugging-port=0",
        f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    environment = {**os.environ, "HOME": str(folder)}
    # What it says on the console of its own accord is about buses and displays that are not there.
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(arguments, env=environment, **quiet) as process:
        try:
            port = _port(folder)
            with urlopen(f"http://127.0.0.1:{port}/json") as answer:
                target = next(one for one in json.load(answer) if one["type"] == "page")
            with _connected(target["webSocketDebuggerUrl"]) as connection:
                yield Browser(connection)
        finally:
            process.terminate()


def _port(folder: Path) -> int:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            found = re.match(r"(\d+)\n", (folder / "DevToolsActivePort").read_text())
            if found:
                return int(found[1])
        time.sleep(0.1)
    raise AssertionError("the browser did not start")


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port or 80), PATIENCE)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert b" 101 " in head.split(b"\r\n")[0], head
    return connection
