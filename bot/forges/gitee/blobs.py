"""Reads Git blobs: many by one fetch, few side by side, none that a patch has told; each held to its id."""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.forges.base import MAX_BLOB
from bot.forges.gitee import answers, patches
from bot.forges.gitee.fetch import from_git
from bot.forges.gitee.http import Api, TooLargeError, repo_path
from bot.model import ChangedFile

#: Requests under way at once; Gitee documents no limit, so this is ours to choose.
CONCURRENCY = 8
#: From so many blobs on, one fetch of the whole commit is cheaper than a request each. Ours to choose.
FETCH_FROM = 50
#: Bytes of an answer: a page of `MAX_BLOB` bytes in base64 with its line ends fits, what is larger is cut.
MAX_ANSWER = 2 * MAX_BLOB
#: Bytes of added files that are kept from their patches until they are asked for.
MAX_KEPT = 16 << 20

_CONTENT = re.compile(rb'"content"\s*:\s*"([^"]*)')


class Blobs:
    """Git blobs by id. Content is its own proof, so what was once verified may be kept for any repository."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="gitee-blobs")
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def learn(self, files: Iterable[ChangedFile]) -> None:
        """Keeps the contents of added files whose patch holds all of it: no request is needed for them."""
        for file in files:
            if file.head is None or file.base is not None or file.patch is None:
                continue
            content = patches.added_content(file.patch)
            if content is not None and patches.git_id(content) == file.head.oid:
                self._keep(file.head.oid, content)

    def read(self, repo: str, oids: Collection[str], commit: str) -> dict[str, bytes]:
        """Raises `ForgeError` when one cannot be read or is not what its id says."""
        with self._lock:
            found = {oid: self._kept[oid] for oid in oids if oid in self._kept}
        missing = set(oids) - found.keys()
        if len(missing) >= FETCH_FROM:
            found.update(from_git(self._api, repo, commit, missing))
        waiting = {oid: self._pool.submit(self._fetch, repo, oid) for oid in oids if oid not in found}
        try:
            found.update((oid, future.result()) for oid, future in waiting.items())
        finally:
            for future in waiting.values():
                future.cancel()
        return found

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _fetch(self, repo: str, oid: str) -> bytes:
        path = f"{repo_path(repo)}/git/blobs/{answers.sha(oid, 'object id')}"
        try:
            data = _content(self._api.get(path, limit=MAX_ANSWER))
        except TooLargeError as error:
            return _beginning(error.start)
        if patches.git_id(data) != oid:
            raise answers.nonsense(f"content for the blob {oid}")
        return data[: MAX_BLOB + 1]

    def _keep(self, oid: str, data: bytes) -> None:
        with self._lock:
            if oid in self._kept or len(data) > MAX_BLOB:
                return
            self._kept[oid] = data
            self._size += len(data)
            while self._size > MAX_KEPT:
                self._size -= len(self._kept.popitem(last=False)[1])


def _content(value: Any) -> bytes:
    found = answers.obj(value, "blob")
    content = found.get("content")
    if found.get("encoding") != "base64" or not isinstance(content, str):
        raise answers.nonsense("content of a blob")
    return _decoded(content.encode("utf-8", "replace"))


def _beginning(answer: bytes) -> bytes:
    """The first `MAX_BLOB` + 1 bytes of a blob whose answer was cut: enough to see that it is too large."""
    match = _CONTENT.search(answer)
    text = re.sub(rb"\\[nr]", b"", match[1]).replace(b"\\/", b"/") if match else b""
    data = _decoded(text[: len(text) // 4 * 4])
    if len(data) <= MAX_BLOB:
        raise answers.nonsense("content of a large blob")
    return data[: MAX_BLOB + 1]


def _decoded(text: bytes) -> bytes:
    try:
        return b64decode(text)
    except ValueError:
        raise answers.nonsense("content of a blob") from None
