"""Reads many blobs in one request: a shallow fetch of one commit over Git's own HTTP protocol."""

from __future__ import annotations

from collections.abc import Collection

from bot.forges.gitee import answers, pack
from bot.forges.gitee.http import Api, RequestError

#: Bytes of a pack: the hub's newest commit is half a megabyte. Ours to choose.
MAX_PACK = 64 << 20
#: Lines before the pack: `shallow` and `NAK`, a handful.
MAX_LINES = 100


def from_git(api: Api, repo: str, commit: str, wanted: Collection[str]) -> dict[str, bytes]:
    """The wanted blobs of a commit, as far as a fetch gives them; nothing where Git refuses the commit.

    By the first version of the protocol, which every server speaks, a commit is given that a branch or a
    pull request points at. Raises `ForgeError` only where Gitee asks us to stay away.
    """
    try:
        answer = api.git(repo, _request(answers.sha(commit, "commit")), limit=MAX_PACK)
        return pack.blobs(_pack(answer), wanted)
    except RequestError as error:
        if error.retry_at is not None:
            raise
        return {}


def _request(commit: str) -> bytes:
    """One commit without its history; no side band and no deltas by offset, so that what comes is plain."""
    return _line(f"want {commit} agent=hubbot\n") + _line("deepen 1\n") + b"0000" + _line("done\n")


def _line(text: str) -> bytes:
    return b"%04x%s" % (len(text) + 4, text.encode("ascii"))


def _pack(answer: bytes) -> bytes:
    """What follows the protocol's lines; nothing where they say why there is no pack."""
    at = 0
    for _ in range(MAX_LINES):
        if answer[at : at + 4] == b"PACK":
            return answer[at:]
        try:
            length = int(answer[at : at + 4], 16)
        except ValueError:
            return b""
        at += max(length, 4)
    return b""
