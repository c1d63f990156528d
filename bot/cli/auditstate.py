"""What `hubbot audit` remembers between runs: a file of JSON lines that survives being cut off anywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from bot.cli.words import say
from bot.errors import UserError
from bot.review.health import History
from bot.review.report import known_keys

#: Begins the first line of every such file, so that no other file is taken for one and written over.
HEAD = "hubbot-audit"


@dataclass
class AuditState:
    """What is known of every file, and when the round under way began."""

    path: Path
    round_began: float = 0.0
    finished: bool = True
    known: dict[str, History] = field(default_factory=dict)
    _file: IO[str] | None = None

    def begin(self, now: float) -> None:
        """Goes on with a round that was cut short, or begins one; from here on `keep` may be called."""
        if self.finished:
            self.round_began, self.finished = now, False
        self._rewrite()
        self._file = self.path.open("a", encoding="utf-8")

    def is_done(self, url: str) -> bool:
        """Whether this round has looked at the file."""
        history = self.known.get(url)
        return history is not None and history.checked_at >= self.round_began

    def keep(self, history: History) -> None:
        """Remembers a look at once: a kill right after it loses nothing."""
        self.known[history.url] = history
        if self._file is not None:
            self._file.write(_line(asdict(history)))
            self._file.flush()

    def end(self, *, finished: bool) -> None:
        """Closes the file, each address once in it."""
        self.finished = finished
        if self._file is not None:
            self._file.close()
            self._file = None
        self._rewrite()

    def _rewrite(self) -> None:
        head = {HEAD: 1, "round_began": self.round_began, "finished": self.finished}
        fresh = self.path.with_name(f"{self.path.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(_line(head))
            for history in self.known.values():
                file.write(_line(asdict(history)))
        os.replace(fresh, self.path)


def load(path: Path, lang: str = "en") -> AuditState:
    """What the file says, or nothing where there is none. Raises `UserError` for a file of another kind."""
    state = AuditState(path)
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return state
    except OSError as error:
        raise UserError(say(lang, "cannot-read", path=path, detail=error.strerror)) from None
    head = _read(lines[0]) if lines else {}
    if HEAD not in head:
        raise UserError(say(lang, "not-a-state", "audit", path=path))
    state.round_began, state.finished = float(head.get("round_began", 0.0)), bool(head.get("finished"))
    for line in lines[1:]:
        read = _read(line)
        if "url" in read:
            state.known[str(read["url"])] = History(**known_keys(History, read))
    return state


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _read(line: str) -> dict[str, Any]:
    """A line's object; an empty one for a line that a kill has cut."""
    try:
        read = json.loads(line)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
