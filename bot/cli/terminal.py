"""The terminal as it is: its language, what its encoding can show, and whether it has colours."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import TextIO

#: In the order in which the C library asks them; the first that says anything decides.
LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")
#: Chinese as Windows numbers its languages, without the country.
_CHINESE_WINDOWS = 0x04


def spoken(environment: Mapping[str, str] = os.environ) -> str:
    """`zh` where the locale is Chinese, else `en`: what `--lang` is when it is not given."""
    named = next((environment[name] for name in LOCALES if environment.get(name)), "")
    if named:
        return "zh" if named[:2].lower() == "zh" else "en"
    return "zh" if sys.platform == "win32" and _windows_is_chinese() else "en"


def _windows_is_chinese() -> bool:
    with contextlib.suppress(AttributeError, OSError):
        import ctypes  # only there

        language: int = ctypes.windll.kernel32.GetUserDefaultUILanguage()  # type: ignore[attr-defined]  # Windows
        return language & 0xFF == _CHINESE_WINDOWS
    return False


def prepare() -> None:
    """Lets nothing that is printed fail: what a console of another encoding lacks is shown by number, and
    where a stream was closed before we began the null device stands for it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(nothing, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - to the end
    by_number(sys.stdout, sys.stderr)


def by_number(*streams: TextIO) -> None:
    """Shows by number what the encoding of a stream lacks."""
    for stream in streams:
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]  # not every stream has it


def is_utf_8(stream: TextIO) -> bool:
    """Whether a stream can show every character as it is."""
    return (stream.encoding or "").replace("-", "").casefold() == "utf8"


def columns(stream: TextIO) -> int:
    """How wide the terminal is that shows a stream; 0 where it is none, or does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError):
        return 0


def has_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to paint: a terminal that can, and nobody who asked not to (no-color.org)."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb" or not stream.isatty():
        return False
    return sys.platform != "win32" or any(environment.get(name) for name in ("WT_SESSION", "ANSICON", "TERM"))
