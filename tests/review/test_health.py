"""What is said of a file after many looks on many days; first of all what is not said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.review import health
from bot.review.health import DAY, NEEDS_OWNER, Declared, History, State, judge, observed, worst
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault

URL = "https://download.mindspore.cn/lenet.ckpt"
A, B, C = ("a" * 64, "b" * 64, "c" * 64)
NOON = 20_000 * DAY + DAY / 2
ASSET = Declared(URL, A, "ckpt")
CUT = Declared(URL, A[:8], "ckpt")


def read(at: float, digest: str = A, **rest: object) -> RemoteFile:
    made = RemoteFile(URL, RemoteState.MEASURED, sha256=digest, size=9, measured_at=at)
    return replace(made, **rest)  # type: ignore[arg-type]  # any field


def gone(at: float, reason: str = "not-found") -> RemoteFile:
    return RemoteFile(URL, RemoteState.WRONG, reason=reason, fault=Fault.CONTRIBUTOR, measured_at=at)


def failed(at: float, reason: str = "status-503") -> RemoteFile:
    return RemoteFile(URL, RemoteState.UNVERIFIED, reason=reason, fault=Fault.HOST, measured_at=at)


def changing(at: float) -> RemoteFile:
    return RemoteFile(URL, RemoteState.CHANGING, reason="changing", fault=Fault.HOST, measured_at=at)


def after(*looks: RemoteFile, declared: Declared = ASSET) -> State:
    """The state after the looks, one after the other."""
    history: History | None = None
    for look in looks:
        history = observed(history, look, {declared.digest} - {""})
    return judge(declared, history)


NO_INCIDENT = {
    "as declared": ((read(NOON),), State.SOUND),
    "as declared, every week": ((read(NOON), read(NOON + 7 * DAY)), State.SOUND),
    "one miss": ((read(NOON), gone(NOON + DAY)), State.MISSED),
    "two misses within an hour": ((read(NOON), gone(NOON + DAY), gone(NOON + DAY + 3600)), State.MISSED),
    "two misses around midnight": ((gone(NOON + DAY / 2 - 60), gone(NOON + DAY / 2 + 60)), State.MISSED),
    "a miss, then there again, then a miss": (
        (gone(NOON), read(NOON + DAY), gone(NOON + 2 * DAY)),
        State.MISSED,
    ),
    "a host that fails": ((read(NOON), failed(NOON + DAY)), State.UNVERIFIED),
    "a host that fails for six days": (
        (read(NOON), *(failed(NOON + day * DAY) for day in range(1, 8))),
        State.UNVERIFIED,
    ),
    "a host that fails, then answers": ((failed(NOON), read(NOON + DAY)), State.SOUND),
    "other bytes at each read": ((read(NOON), changing(NOON + DAY)), State.UNVERIFIED),
    "a change that a page declares": ((read(NOON, B), read(NOON + DAY, A)), State.SOUND),
    "an error page served as a file": ((read(NOON), read(NOON + DAY, B, content="json-error")), State.MISSED),
    "a web page served as a file": ((read(NOON), gone(NOON + DAY, "html-page")), State.MISSED),
    "changed, then as it was": ((read(NOON), read(NOON + DAY, B), read(NOON + 2 * DAY)), State.SOUND),
    "never as declared": ((read(NOON, B), read(NOON + DAY, B)), State.DIFFERS),
}


@pytest.mark.parametrize("case", NO_INCIDENT)
def test_what_is_no_incident(case: str) -> None:
    looks, state = NO_INCIDENT[case]
    assert after(*looks) is state
    assert state not in health.INCIDENTS


INCIDENTS = {
    "another digest": ((read(NOON), read(NOON + DAY, B)), State.CHANGED),
    "another digest, then a failure": (
        (read(NOON), read(NOON + DAY, B), failed(NOON + 2 * DAY)),
        State.CHANGED,
    ),
    "never as declared, then another": ((read(NOON, B), read(NOON + DAY, C)), State.CHANGED),
    "two misses": ((read(NOON), gone(NOON + DAY), gone(NOON + 2 * DAY)), State.DEAD),
    "two misses with a failure between": (
        (gone(NOON), failed(NOON + DAY), gone(NOON + 2 * DAY)),
        State.DEAD,
    ),
    "gone, then a failure": ((gone(NOON), gone(NOON + DAY), failed(NOON + 2 * DAY)), State.DEAD),
}  # fmt: skip


@pytest.mark.parametrize("case", INCIDENTS)
def test_incidents(case: str) -> None:
    looks, state = INCIDENTS[case]
    assert after(*looks) is state
    assert state in health.INCIDENTS


def test_what_needs_an_owner_without_being_an_incident() -> None:
    assert after(read(NOON), declared=CUT) is State.UNDECLARED
    assert after(read(NOON, B), declared=CUT) is State.DIFFERS
    assert after(read(NOON), read(NOON + DAY, B), declared=CUT) is State.CHANGED
    assert after(failed(NOON), declared=CUT) is State.UNDECLARED
    assert after(read(NOON, content="zip")) is State.FORMAT
    assert after(*(failed(NOON + day * DAY) for day in range(8))) is State.SILENT
    assert judge(Declared("", A, ""), None) is State.NO_LINK
    assert all(s in NEEDS_OWNER for s in (State.UNDECLARED, State.DIFFERS, State.FORMAT, State.SILENT))
    assert not {State.MISSED, State.UNVERIFIED, State.WAITING, State.SOUND} & set(NEEDS_OWNER)


def test_a_repaired_declaration_counts() -> None:
    assert after(read(NOON), declared=Declared(URL, f" sha256: {A.upper()} ", "ckpt")) is State.SOUND


def test_a_change_that_only_its_page_now_declares_moves_the_baseline() -> None:
    history = observed(observed(None, read(NOON), {A}), read(NOON + DAY, B), {A})
    assert judge(ASSET, history) is State.CHANGED
    declared = Declared(URL, B, "ckpt")
    assert judge(declared, history) is State.SOUND
    again = observed(history, read(NOON + 2 * DAY, B), {B})
    assert (again.baseline, again.changed_at) == (B, 0.0)
    assert judge(declared, again) is State.SOUND


def test_what_the_file_is_held_against_so_that_a_difference_is_read_twice() -> None:
    history = observed(None, read(NOON, B), set())
    assert health.expected(ASSET, history) == A
    assert health.expected(CUT, history) == B
    assert health.expected(CUT, None) == A[:8]


def test_the_worst_asset_makes_the_page() -> None:
    assert worst([State.SOUND, State.DEAD, State.UNVERIFIED]) is State.DEAD
    assert worst([State.DEAD, State.CHANGED]) is State.CHANGED
    assert worst([]) is State.NO_LINK
