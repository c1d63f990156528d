"""The audit's memory: rounds that go on where they were, incidents that open once and close when mended."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from bot.model import PullRef
from bot.review.health import DAY, Declared, History, State, observed
from bot.store.auditrows import ALIVE, DIGESTS, Published
from bot.store.audits import AuditStore
from bot.store.hubview import SORTS, HubView, Query
from bot.store.queue import Queue
from bot.store.work import review_request
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault

HUB, MIRROR = "github/mindspore/hub", "gitee/mindspore/hub"
NOW = 20_000 * DAY + DAY / 2
A, B = "a" * 64, "b" * 64


@pytest.fixture
def audits(engine: Engine) -> AuditStore:
    return AuditStore(engine)


@pytest.fixture
def view(engine: Engine) -> HubView:
    return HubView(engine)


def url(number: int) -> str:
    return f"https://download.mindspore.cn/{number}.ckpt"


def page(number: int, *assets: Declared, publisher: str = "mindspore") -> Published:
    path = f"mshub_res/assets/{publisher}/1.9/m{number}.md"
    return Published(path, publisher, "1.9", f"m{number}", assets or (Declared(url(number), A, "ckpt"),))


def seen(number: int, at: float, digest: str = A, before: History | None = None) -> History:
    file = RemoteFile(url(number), RemoteState.MEASURED, sha256=digest, size=9, measured_at=at)
    return observed(before, file, {A})


def missed(number: int, at: float, before: History | None = None) -> History:
    file = RemoteFile(
        url(number), RemoteState.WRONG, reason="not-found", fault=Fault.CONTRIBUTOR, measured_at=at
    )
    return observed(before, file, {A})


def test_a_round_goes_on_where_it_was(audits: AuditStore) -> None:
    begun = audits.begin(HUB, DIGESTS, "c0", [page(n) for n in range(5)], NOW)
    audits.record(seen(2, NOW + 1), NOW + 1)
    audits.record(seen(4, NOW + 2), NOW + 2)
    found = audits.open_round(HUB)
    assert found == begun
    assert {due.url for due in audits.remaining(begun, 10)} == {url(0), url(1), url(3)}
    assert len(audits.remaining(begun, 2)) == 2
    audits.finish(begun, NOW + 3)
    assert audits.open_round(HUB) is None
    last = audits.last_round(HUB, DIGESTS)
    assert last is not None
    assert last.counts == {"sound": 2, "waiting": 3}


def test_a_round_that_reads_all_says_that_the_files_are_there(audits: AuditStore) -> None:
    audits.finish(audits.begin(HUB, DIGESTS, "c0", [page(1)], NOW), NOW)
    audits.record(seen(1, NOW + 5), NOW + 5)
    again = audits.begin(HUB, ALIVE, "c0", [page(1)], NOW + 6)
    assert [due.history for due in audits.remaining(again, 9)] == [seen(1, NOW + 5)]
    assert audits.remaining(again, 9, fresh_for=10) == []


def test_what_cannot_be_opened_is_judged_and_not_looked_at(audits: AuditStore, view: HubView) -> None:
    odd = [page(1, Declared("", A, "ckpt")), page(2, Declared("not an address", "", "")), page(3)]
    begun = audits.begin(HUB, DIGESTS, "c0", odd, NOW)
    assert [due.url for due in audits.remaining(begun, 9)] == [url(3)]
    assert view.overview(HUB).counts == {State.NO_LINK: 2, State.WAITING: 1}
    assert view.overview(HUB).files == 1


def test_an_incident_opens_once_and_closes_when_mended(audits: AuditStore, view: HubView) -> None:
    audits.begin(HUB, DIGESTS, "c0", [page(1), page(2, Declared(url(1), A, "ckpt"))], NOW)
    good = seen(1, NOW)
    audits.record(good, NOW)
    changed = seen(1, NOW + DAY, B, good)
    audits.record(changed, NOW + DAY)
    audits.record(seen(1, NOW + 2 * DAY, B, changed), NOW + 2 * DAY)
    (entry,) = view.incidents(HUB, 9, standing=True)
    assert (entry.kind, entry.opened_at, entry.closed_at) == (State.CHANGED, NOW + DAY, None)
    assert (entry.history.baseline, entry.history.digest) == (A, B)
    assert len(entry.paths) == 2
    audits.record(seen(1, NOW + 3 * DAY, A, changed), NOW + 3 * DAY)
    assert view.incidents(HUB, 9, standing=True) == []
    (over,) = view.incidents(HUB, 9)
    assert over.closed_at == NOW + 3 * DAY
    assert view.count_incidents(HUB) == {}


def test_changed_files_come_before_those_that_are_gone(audits: AuditStore, view: HubView) -> None:
    audits.begin(HUB, DIGESTS, "c0", [page(1), page(2)], NOW)
    audits.record(seen(1, NOW + DAY, B, seen(1, NOW)), NOW + DAY)
    audits.record(missed(2, NOW + 2 * DAY, missed(2, NOW)), NOW + 2 * DAY)
    kinds = [entry.kind for entry in view.incidents(HUB, 9, standing=True)]
    assert kinds == [State.CHANGED, State.DEAD]
    assert view.count_incidents(HUB) == {State.CHANGED: 1, State.DEAD: 1}


@pytest.mark.parametrize(
    "mended", [[], [page(1, Declared(url(1), B, "ckpt"))], [page(1, Declared(url(9), A, ""))]]
)
def test_a_page_that_was_mended_closes_its_incident(
    audits: AuditStore, view: HubView, mended: list[Published]
) -> None:
    audits.finish(audits.begin(HUB, DIGESTS, "c0", [page(1)], NOW), NOW)
    audits.record(seen(1, NOW + DAY, B, seen(1, NOW)), NOW + DAY)
    assert view.count_incidents(HUB) == {State.CHANGED: 1}
    audits.begin(HUB, ALIVE, "c1", mended, NOW + 2 * DAY)
    assert view.count_incidents(HUB) == {}


def test_mirrors_share_what_is_known_of_a_file(audits: AuditStore, view: HubView) -> None:
    audits.begin(HUB, DIGESTS, "c0", [page(1)], NOW)
    audits.begin(MIRROR, DIGESTS, "c0", [page(1, Declared(url(1), B, "ckpt"))], NOW)
    audits.record(seen(1, NOW + 1), NOW + 1)
    assert view.overview(HUB).counts == {State.SOUND: 1}
    assert view.overview(MIRROR).counts == {State.DIFFERS: 1}
    assert view.hubs() == sorted((HUB, MIRROR))


def test_pages_by_state_publisher_order_and_piece(audits: AuditStore, view: HubView) -> None:
    audits.begin(HUB, DIGESTS, "c0", [*(page(n) for n in range(7)), page(9, publisher="noah")], NOW)
    audits.record(seen(3, NOW), NOW)
    audits.record(seen(4, NOW, B), NOW)
    rows, total = view.pages(HUB, Query(limit=3))
    assert (total, rows[0].name, rows[0].state) == (8, "m4", State.DIFFERS)
    assert len(rows) == 3
    assert [row.name for row in view.pages(HUB, Query(state=State.SOUND))[0]] == ["m3"]
    assert [row.name for row in view.pages(HUB, Query(publisher="noah"))[0]] == ["m9"]
    assert [row.name for row in view.pages(HUB, Query(sort="page", descending=True, limit=2))[0]] == [
        "m9",
        "m6",
    ]
    for sort in SORTS:
        assert len(view.pages(HUB, Query(sort=sort, offset=5))[0]) == 3
    assert view.overview(HUB).publishers == {"mindspore": 7, "noah": 1}


def test_one_page_with_its_files(audits: AuditStore, view: HubView) -> None:
    assets = (Declared(url(1), A, "ckpt"), Declared(url(2), A, "mindir"))
    audits.begin(HUB, DIGESTS, "c0", [page(1, *assets)], NOW)
    audits.record(seen(2, NOW, B), NOW)
    found = view.page(HUB, "mshub_res/assets/mindspore/1.9/m1.md")
    assert found is not None
    row, files = found
    assert row.state is State.DIFFERS
    assert [(file.declared.link, file.state) for file in files] == [
        (url(1), State.WAITING),
        (url(2), State.DIFFERS),
    ]
    assert view.page(HUB, "elsewhere") is None


def test_hostile_pages_are_kept_within_bounds(audits: AuditStore, view: HubView) -> None:
    bad = Published("p" * 600, "x", "1", "n", ())
    odd = Published(
        "p\u202e\ud800.md",
        "x" * 999,
        "\0",
        "n" * 999,
        (Declared("https://h/" + "y" * 9_000, "\ud800", "\0"),),
    )
    audits.begin(HUB, DIGESTS, "c0", [bad, odd], NOW)
    assert [row.path for row in view.pages(HUB, Query())[0]] == ["p\u202e?.md"]


def test_reviews_go_first(audits: AuditStore, engine: Engine) -> None:
    assert not audits.reviews_wait(NOW)
    jobs = Queue(engine)
    jobs.beat("w", NOW)
    jobs.put(review_request(PullRef("github", "mindspore/hub", 1), supersede=False), NOW)
    assert audits.reviews_wait(NOW)
    lease = jobs.lease("w", ("review",), NOW)
    assert lease is not None
    assert audits.reviews_wait(NOW)
    jobs.finish(lease, now=NOW)
    assert not audits.reviews_wait(NOW)


def test_the_trend_has_finished_rounds_only(audits: AuditStore, view: HubView) -> None:
    first = audits.begin(HUB, DIGESTS, "c0", [page(1)], NOW)
    audits.finish(first, NOW + 9)
    audits.begin(HUB, ALIVE, "c0", [page(1)], NOW + DAY)
    assert [(r.id, r.counts) for r in view.trend(HUB)] == [(first.id, {"waiting": 1})]
    overview = view.overview(HUB)
    assert overview.running is not None
    assert (overview.running.kind, overview.done, overview.files) == (ALIVE, 0, 1)
