"""A pseudo-terminal with somebody at it who answers the questions of a command."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

#: Rows and columns: wide enough that no question is folded.
SIZE = (50, 300)
#: Seconds for everything; a command that is not through by then is killed.
LONGEST = 60.0


def answered(command: Sequence[str], answers: Sequence[str], folder: Path, **env: str) -> tuple[int, str]:
    """Runs hubbot; its exit code and all that the screen showed. Ctrl-C and Ctrl-D are answers too."""
    pid, handle = pty.fork()
    if pid == 0:
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background ignores it
        known = {"PATH": os.environ["PATH"], "TERM": "xterm", **env}
        os.execve(sys.executable, [sys.executable, "-m", "bot", *command], known)
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    shown, end = b"", time.monotonic() + LONGEST
    for answer in answers:
        shown += _until_asked(handle, end)
        os.write(handle, answer.encode() + (b"" if answer in ("\x03", "\x04") else b"\n"))
    while part := _part(handle, end):
        shown += part
    if time.monotonic() > end:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(handle)
    return os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace")


def _until_asked(handle: int, end: float) -> bytes:
    """What is shown up to the next question; every question ends in a colon and a blank."""
    shown = b""
    while not shown.endswith(b": ") and (part := _part(handle, end)):
        shown += part
    return shown


def _part(handle: int, end: float) -> bytes:
    """What is shown next; nothing once the program has ended, or the time is over."""
    while time.monotonic() < end:
        if select.select([handle], [], [], 0.2)[0]:
            try:
                return os.read(handle, 65536)
            except OSError:
                return b""
    return b""
