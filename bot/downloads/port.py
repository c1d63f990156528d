"""The port of downloads: what reviews and audits ask for, whichever process opens the addresses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from bot.downloads.alive import Alive
from bot.downloads.texts import Text
from rules.facts import RemoteFile, Wanted

#: No file is known from before.
NOTHING: Mapping[str, RemoteFile] = MappingProxyType({})


class Downloads(Protocol):
    """Opens addresses that come from a pull request. Safe to share between threads."""

    def measure(
        self,
        wanted: Sequence[Wanted],
        cancelled: Callable[[], bool],
        known: Mapping[str, RemoteFile] = NOTHING,
    ) -> Iterator[RemoteFile]:
        """Yields one result for each distinct address, as they finish. Never raises for what a host does.

        `known` are files by their address that were read before: where the host confirms that one is still
        the same, and it is as declared, it is not read again.
        Ends without the rest within two seconds after `cancelled` turns true, or `close` is called.
        """
        ...

    def texts(self, urls: Sequence[str], cancelled: Callable[[], bool]) -> Iterator[Text]:
        """Small text files, for example code that is looked at and never run; one for each address."""
        ...

    def alive(self, url: str, stop: threading.Event) -> Alive | None:
        """What the server says of a file, unread; None where only `measure` can tell, or `stop` is set."""
        ...

    def close(self) -> None:
        """Ends everything that still runs."""
        ...
