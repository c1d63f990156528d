"""Reads many blobs from one archive of a commit, as a stream: nothing of it is ever written to disk."""

from __future__ import annotations

import tarfile
import time
import zlib
from collections.abc import Collection, Iterator
from hashlib import sha1
from typing import IO

import requests

from bot.forges.base import MAX_BLOB
from bot.forges.github.api import Api
from bot.forges.github.errors import StatusError
from bot.forges.github.wire import CHUNK

#: The whole hub packs to a few megabytes; an archive over these bounds is read up to them. Ours to choose.
MAX_PACKED = 64 << 20
MAX_UNPACKED = 256 << 20

#: The API refuses other types with 415, though what it redirects to is gzip.
ACCEPT = "application/vnd.github+json"

_GZIP = zlib.MAX_WBITS | 16


def from_archive(api: Api, repo: str, commit: str, wanted: Collection[str]) -> dict[str, bytes]:
    """The wanted blobs that the archive holds unchanged: `.gitattributes` may leave out or alter some.

    A blob over `MAX_BLOB` is cut to its first `MAX_BLOB` + 1 bytes, after the whole of it was held to its id.
    """
    found: dict[str, bytes] = {}
    try:
        with api.stream(repo, f"/tarball/{commit}", ACCEPT) as (response, deadline):
            for oid, data in _files(_Unpacked(response, deadline)):
                if oid in wanted:
                    found[oid] = data
                if len(found) == len(wanted):
                    break
    except (tarfile.TarError, zlib.error, EOFError):
        return found
    except StatusError as error:
        if error.retry_at is not None:
            raise
    return found


class _Unpacked:
    """The bytes of a gzip stream as `tarfile` reads them, within bounds of size and time."""

    def __init__(self, response: requests.Response, deadline: float) -> None:
        self._raw, self._deadline = response.raw, deadline
        self._gzip, self._held = zlib.decompressobj(_GZIP), b""
        self._packed = self._unpacked = 0

    def read(self, size: int) -> bytes:
        while not self._gzip.eof:
            out = self._gzip.decompress(self._held, size)
            self._held = self._gzip.unconsumed_tail
            if out:
                self._unpacked += len(out)
                return out if self._unpacked <= MAX_UNPACKED else b""
            if not self._more():
                break
        return b""

    def _more(self) -> bool:
        if time.monotonic() > self._deadline:
            raise TimeoutError
        part: bytes = self._raw.read1(CHUNK, decode_content=True)
        self._held += part
        self._packed += len(part)
        return bool(part) and self._packed <= MAX_PACKED


def _files(stream: _Unpacked) -> Iterator[tuple[str, bytes]]:
    """Git id and first bytes of every regular file."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]  # `read` is all it uses
        for member in archive:
            archive.members = []  # or every header of the archive would be kept in memory
            if member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and (file := archive.extractfile(member)):
                yield _read(file, member.size)


def _read(file: IO[bytes], size: int) -> tuple[str, bytes]:
    digest, kept = sha1(b"blob %d\0" % size, usedforsecurity=False), bytearray()
    while part := file.read(CHUNK):
        digest.update(part)
        kept += part[: MAX_BLOB + 1 - len(kept)]
    return digest.hexdigest(), bytes(kept)
