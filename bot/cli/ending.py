"""How a command ends: the exit codes, and what its errors and those of its output come to."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable

from bot.cli.terminal import spoken
from bot.cli.usage import WORDS
from bot.errors import CouldNotVerify, UserError

OK, FINDINGS, USAGE, UNFINISHED = 0, 1, 2, 3
#: As shells tell of a program that a signal ended, and as other tools end whose reader has gone.
INTERRUPTED, CLOSED = 128 + signal.SIGINT, 128 + 13  # SIGPIPE, which Windows does not name
#: What a stream that is open says when it can take no more; errors of files that we open have their names.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def ended(command: Callable[[], int]) -> int:
    """Runs a whole command to its exit code, which says so where what it printed has not arrived.

    Raises what is a defect of ours.
    """
    try:
        code = told(command)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except KeyboardInterrupt:
        if sys.stderr.isatty():  # the terminal has written ^C, and our next word begins a line
            print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _abandon()
        return CLOSED
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _abandon()
        with contextlib.suppress(OSError):  # the stream that failed may be this one
            print(f"hubbot: {WORDS[spoken()]['no-output'].format(detail=error.strerror)}", file=sys.stderr)
        return UNFINISHED
    return code


def told(work: Callable[[], int]) -> int:
    """The exit code of a piece of work, with what it raises for people printed."""
    try:
        return work()
    except UserError as error:
        print(f"hubbot: {error}", file=sys.stderr)
        return USAGE
    except CouldNotVerify as error:
        print(f"hubbot: {error}", file=sys.stderr)
        return UNFINISHED
    except SystemExit as stop:  # argparse, after a help or a wrong argument
        return int(stop.code or OK)


def _abandon() -> None:
    """Lets what cannot be written vanish, for Python would try it again at its end and fail once more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with open(os.devnull, "wb") as nothing, contextlib.suppress(OSError):
                os.dup2(nothing.fileno(), stream.fileno())
