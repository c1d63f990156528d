"""Checks again whenever a page changes, for an editor's task or a second terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.cli.ending import UNFINISHED, USAGE
from bot.cli.gather import page_files
from bot.cli.repository import top
from bot.cli.words import say
from bot.errors import CouldNotVerify, UserError
from rules.page import ROOT

#: Seconds between two looks: soon after a save, and nothing to a disk.
PAUSE = 0.5
#: Stands before and after each run, for editors that must know where one ends.
BEGIN, END = "hubbot: checking", "hubbot: checked"

Snapshot = Mapping[str, tuple[int, int]]


def watch(
    check: Callable[[], int],
    paths: Sequence[str],
    lang: str,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Runs `check` now and after every change, until it is interrupted.

    Returns the first check's code where it was asked wrongly, or has no page that it can look at.
    """
    seen = _look(paths, lang) or {}
    code = _checked(check)
    if code == USAGE or (code == UNFINISHED and not seen):
        return code
    while True:
        print(say(lang, "watching", count=len(seen)), file=sys.stderr, flush=True)
        seen = _next(seen, paths, lang, pause)
        _checked(check)


def _checked(check: Callable[[], int]) -> int:
    print(BEGIN, flush=True)
    code = check()
    print(END, flush=True)
    return code


def _next(seen: Snapshot, paths: Sequence[str], lang: str, pause: Callable[[float], None]) -> Snapshot:
    """The first look that differs from an earlier one. A page that is just being replaced is waited for."""
    while True:
        pause(PAUSE)
        now = _look(paths, lang)
        if now is not None and now != seen:
            return now


def _look(paths: Sequence[str], lang: str) -> Snapshot | None:
    """A snapshot, None where there is nothing to be seen; the check says why."""
    try:
        return snapshot(paths, lang)
    except (UserError, CouldNotVerify):
        return None


def snapshot(paths: Sequence[str], lang: str) -> Snapshot:
    """Times and sizes of all pages that a check may be about, those of the branch where no paths are given.

    Raises `UserError` and `CouldNotVerify` as `page_files` does.
    """
    folders = list(paths) or [str(top(lang) / ROOT)]
    if not paths and not Path(folders[0]).is_dir():
        return {}
    found = {}
    for path, file in page_files(folders, lang).items():
        try:
            status = os.stat(file)
        except OSError:
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found
