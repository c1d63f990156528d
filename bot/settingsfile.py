"""The settings that the set-up wrote down: a file of NAME=value lines, read as if from the environment."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot.errors import UserError
from bot.settings import VARIABLES

#: Where `hubbot serve`, `web`, `worker` and the other commands of an operator look, beside the database.
PATH = Path("var/hubbot.env")
#: Bytes: all settings together with a private key are less than a tenth of this. Ours.
MAX_SIZE = 64 * 1024
HEAD = (
    "# Written by the set-up of hubbot; read at the start as if these stood in the environment, which wins.\n"
    "# docs/configuration.md explains each. It holds secrets: keep it to yourself.\n"
)


def environment(given: Mapping[str, str], path: Path = PATH) -> dict[str, str]:
    """`given` over what the file says; without a file `given` alone. Raises `UserError` for a wrong file.

    A variable that is given as NAME_FILE counts as given, too.
    """
    kept = {
        name: value
        for name, value in read(path).items()
        if not any(given.get(one) for one in (name, f"{name}_FILE", name.removesuffix("_FILE")))
    }
    return {**given, **kept}


def read(path: Path = PATH) -> dict[str, str]:
    """What the file sets; nothing where there is none."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}); let this user read it, or move it away."
        ) from None
    if len(text) > MAX_SIZE:
        raise UserError(f"{path} is no file of settings: it is larger than {MAX_SIZE} bytes; move it away.")
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or name.removesuffix("_FILE") not in VARIABLES:
            raise UserError(f"{path}, line {number}, does not set a setting; write NAME=value, or remove it.")
        found[name] = value.strip()
    return found


def write(values: Mapping[str, str], path: Path = PATH) -> None:
    """Writes the file whole or not at all, for this user's eyes only. Raises `FileExistsError`, `OSError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "its folder is a file") from None
    text = HEAD + "".join(f"{name}={_line(value)}\n" for name, value in values.items())
    # Mode 0600 by definition; linked to its name only when complete, which fails where that is taken.
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(name)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        Path(name).unlink()


def seen_by_others(path: Path = PATH) -> bool:
    """Whether anybody but its owner may read the file."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def _line(value: str) -> str:
    if any(c in value for c in "\r\n\0"):
        raise ValueError("a value of several lines")
    return value
