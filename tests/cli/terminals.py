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

#: Answers that are a key and need no other: Ctrl-C and Ctrl-D.
KEYS = ("\x03", "\x04")


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
        key = answer.encode() + (b"" if answer in KEYS else b"\n")
        os.write(handle, key)
    shown += _rest(handle, key if answers[-1] in KEYS else b"", end)
    if time.monotonic() > end:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(handle)
    return os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace")


def _rest(handle: int, key: bytes, end: float) -> bytes:
    """What is shown to the end; a key that came before the program listened for it is pressed again."""
    shown = b""
    while time.monotonic() < end:
        part = _part(handle, min(end, time.monotonic() + 2))
        shown += part
        if not part:
            try:
                os.write(handle, key)
                if not select.select([handle], [], [], 0.2)[0]:
                    continue
                if not (more := os.read(handle, 65536)):
                    break
                shown += more
            except OSError:
                break
    return shown


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


def typed_at_bash(first: str, typed: str, wanted: str, folder: Path) -> str:
    """What a bash shows for keys that are typed after its `first` command, until it holds `wanted`."""
    pid, handle = pty.fork()
    if pid == 0:
        os.chdir(folder)
        known = {"PATH": os.environ["PATH"], "TERM": "dumb", "PS1": "$ ", "INPUTRC": os.devnull}
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], known)
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    end = time.monotonic() + LONGEST
    try:
        for keys in (first, typed):
            _until_shown(handle, "$ ", end)
            os.write(handle, keys.encode())
        return _until_shown(handle, wanted, end)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(handle)


def _until_shown(handle: int, wanted: str, end: float) -> str:
    shown = ""
    while wanted not in shown and (part := _part(handle, end)):
        shown += part.decode("utf-8", "replace")
    return shown
