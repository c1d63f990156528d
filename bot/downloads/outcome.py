"""How looking at a remote file can end, before it becomes a `RemoteFile`."""

from __future__ import annotations

from dataclasses import dataclass

from rules.facts import Tensor
from rules.finding import Fault


class Refused(Exception):
    """The address is one that we do not open; the contributor can mend it. No packet was sent there."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Trouble(Exception):
    """Could not verify: the host's fault, or ours; never the contributor's.

    `again` says whether trying again may help, `wait` how many seconds the host asked for.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        fault: Fault = Fault.HOST,
        again: bool = True,
        wait: float | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.fault = fault
        self.again = again
        self.wait = wait


class Cancelled(Exception):
    """Nobody wants the answer any more."""


@dataclass(frozen=True, slots=True)
class Look:
    """One complete look at a file: a digest, or the `reason` why there is none to trust.

    `reason` is empty for a file that was read to its checked end.
    """

    reason: str = ""
    detail: str = ""
    sha256: str = ""
    size: int | None = None
    final_url: str = ""
    etag: str = ""
    head: bytes = b""
    content: str = ""
    tensors: tuple[Tensor, ...] = ()
    tensor_count: int = 0
    #: A stable word for what else the declaration is the digest of, or for what is wrong with the file.
    mismatch: str = ""

    def agrees(self, other: Look) -> bool:
        """Whether two looks saw the same thing. Web pages may carry a fresh token each time."""
        if self.reason or other.reason:
            return self.reason == other.reason
        return self.sha256 == other.sha256
