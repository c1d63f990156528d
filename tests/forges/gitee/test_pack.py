"""Blobs out of packs: those that Git makes, and those that nobody should."""

import os
import subprocess
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forges.base import MAX_BLOB
from bot.forges.gitee import pack
from bot.forges.gitee.patches import git_id

PAGE = b"# LeNet\n" + b"".join(b"line %d of a page\n" % n for n in range(400))


def packed(folder, contents):
    """What Git packs of these files, deltas by id as a fetch without `ofs-delta` has them."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words, data=b""):
        done = subprocess.run(
            ["git", *words], cwd=folder, input=data, env=keep, capture_output=True, check=True
        )
        return done.stdout

    git("init", "--quiet")
    oids = [git("hash-object", "-w", "--stdin", data=data).strip() for data in contents]
    return git("pack-objects", "--stdout", "--window=50", "-q", data=b"\n".join(oids) + b"\n")


def entry(kind, size, data, base=b""):
    head, rest = kind << 4 | size & 15, size >> 4
    out = bytearray()
    while rest:
        out.append(head | 0x80)
        head, rest = rest & 0x7F, rest >> 7
    out.append(head)
    return bytes(out) + base + zlib.compress(data)


def wrapped(*entries, count=None):
    return b"PACK\0\0\0\2" + (len(entries) if count is None else count).to_bytes(4, "big") + b"".join(entries)


def test_what_git_packs_is_read_whole_deltas_included(tmp_path):
    contents = [
        PAGE,
        PAGE.replace(b"line 7 ", b"row seven "),
        PAGE + b"more\n",
        b"",
        b"other\n",
        os.urandom(70_000),
    ]
    made = packed(tmp_path, contents)
    assert len(made) < sum(map(len, contents)), "there are deltas among them"
    wanted = {git_id(data): data for data in contents}
    assert pack.blobs(made, wanted) == wanted


def test_only_what_is_wanted_comes_and_what_is_absent_does_not():
    made = wrapped(entry(3, 3, b"one"), entry(3, 3, b"two"), entry(2, 4, b"tree"), entry(1, 6, b"commit"))
    assert pack.blobs(made, [git_id(b"two"), "1" * 40]) == {git_id(b"two"): b"two"}


@pytest.mark.parametrize("size", [MAX_BLOB, MAX_BLOB + 1, MAX_BLOB + 70_000])
def test_a_large_blob_is_cut_just_above_the_limit(size):
    data = bytes(size)
    assert pack.blobs(wrapped(entry(3, size, data)), [git_id(data)]) == {git_id(data): data[: MAX_BLOB + 1]}


def delta(base, made, *instructions):
    return bytes([base, made]) + b"".join(instructions)


COPY_ALL = b"\x90\x03"
CHAINS = [
    ("after its base", lambda one, two, three: (one, two, three)),
    ("before its base", lambda one, two, three: (three, two, one)),
]


@pytest.mark.parametrize(("case", "order"), CHAINS, ids=[case for case, _ in CHAINS])
def test_a_delta_of_a_delta_is_made_in_any_order(case, order):
    first, second = b"abc", b"abcabc"
    two = delta(3, 6, COPY_ALL, COPY_ALL)
    three = delta(6, 2, b"\x91\x04\x01", b"\x01!")
    entries = (
        entry(3, 3, first),
        entry(7, len(two), two, bytes.fromhex(git_id(first))),
        entry(7, len(three), three, bytes.fromhex(git_id(second))),
    )
    wanted = {git_id(data): data for data in (first, second, b"b!")}
    assert pack.blobs(wrapped(*order(*entries)), wanted) == wanted


NO_DELTAS = {
    "another base's size": delta(4, 3, COPY_ALL),
    "more than it promises": delta(3, 2, COPY_ALL),
    "less than it promises": delta(3, 4, COPY_ALL),
    "a copy beyond the base": delta(3, 3, b"\x91\x02\x03"),
    "a copy without its bytes": delta(3, 3, b"\x91"),
    "an insertion without its bytes": delta(3, 3, b"\x05ab"),
    "the instruction that is reserved": delta(3, 0, b"\0"),
    "a size without an end": b"\xff" * 20,
    "nothing": b"",
    "a blob over the limit": b"\x03\x81\x80\x80\x01" + COPY_ALL,
}


@pytest.mark.parametrize("bad", NO_DELTAS.values(), ids=NO_DELTAS)
def test_what_is_no_delta_makes_nothing_and_harms_no_other(bad):
    made = wrapped(
        entry(3, 3, b"abc"), entry(7, len(bad), bad, bytes.fromhex(git_id(b"abc"))), entry(3, 1, b"x")
    )
    with pytest.raises((pack.BadPackError, IndexError)):
        pack.apply(b"abc", bad)
    assert pack.blobs(made, [git_id(b"abc"), git_id(b"x")]) == {git_id(b"abc"): b"abc", git_id(b"x"): b"x"}


GOOD = entry(3, 3, b"one")
DAMAGED = {
    "another format": b"KCAP" + wrapped(GOOD)[4:],
    "another version": wrapped(GOOD)[:7] + b"\3" + wrapped(GOOD)[8:],
    "an error of the protocol": b"0030ERR upload-pack: not our ref",
    "nothing": b"",
}
CUT = {
    "more entries promised than there are": wrapped(GOOD, count=3),
    "a size that is too small": wrapped(GOOD, entry(3, 2, b"two")),
    "a size that is too large": wrapped(GOOD, entry(3, 4, b"two")),
    "no zlib stream": wrapped(GOOD, b"\x33two"),
    "a stream that ends early": wrapped(GOOD, entry(3, 3, b"two")[:-6]),
    "a delta by offset, never asked for": wrapped(GOOD, entry(6, 2, b"xx")),
    "more than the bound": wrapped(GOOD, entry(3, pack.MAX_UNPACKED, b"")),
    "a size without an end": wrapped(GOOD, b"\xb3" + b"\xff" * 20),
}


@pytest.mark.parametrize("made", DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_pack_holds_nothing(made):
    assert pack.blobs(made, [git_id(b"one")]) == {}


@pytest.mark.parametrize("made", CUT.values(), ids=CUT)
def test_what_came_before_the_damage_stands(made):
    assert pack.blobs(made, [git_id(b"one"), git_id(b"two")]) == {git_id(b"one"): b"one"}


@given(st.data())
def test_whatever_comes_the_answer_is_true_or_missing(data):
    made = bytearray(wrapped(GOOD, entry(3, 3, b"two"), entry(7, 4, delta(3, 3, COPY_ALL), b"\1" * 20)))
    for at in data.draw(st.lists(st.integers(8, len(made) - 1), max_size=4)):
        made[at] = data.draw(st.integers(0, 255))
    found = pack.blobs(bytes(made), [git_id(b"one"), git_id(b"two")])
    assert all(git_id(content) == oid for oid, content in found.items())
