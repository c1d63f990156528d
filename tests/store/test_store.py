"""The store on both databases: one transaction a write, the same answers, and honest refusals."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from sqlalchemy import Engine, create_engine, event, func, select

from bot.errors import UserError
from bot.model import Comment, Condition, Delivery, Intent, PullRef, Report, User
from bot.store.database import StoreUnavailable, clock, is_current, open_database, storable, upgrade
from bot.store.intake import LAST
from bot.store.queue import Queue
from bot.store.schema import deliveries, jobs, metadata
from bot.store.store import PIECE, Store
from bot.store.work import COMMENT, REVIEW, comment_request, review_request
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault, Finding, Severity, Span, Suggestion

NOW = 1_000_000.0
REF = PullRef("github", "owner/hub", 7)
HEAD = "a" * 40


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)


def delivery(nth: int = 0, intent: Intent = Intent.REVIEW, **hints: object) -> Delivery:
    known = {"repo": REF.repo, "number": REF.number} | hints
    return Delivery("github", f"d{nth}", "pull_request", "opened", intent, **known)  # type: ignore[arg-type]  # hints are of its fields


def report(number: int = 1, *, ref: PullRef = REF, head: str = HEAD, **values: object) -> Report:
    made = Report(f"r{number}", ref, "Title ☃", "https://x", "lin", "zh", head, "", NOW + number)
    return replace(made, **values)  # type: ignore[arg-type]  # values are of its fields


def rows(engine: Engine, table: object) -> int:
    with engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]  # a table
    return int(found)


def test_a_report_comes_back_as_it_was(store: Store) -> None:
    finding = Finding(
        "MSH206", "module-type", Severity.ERROR, Fault.CONTRIBUTOR, "a.md", Span(1, 2, 3, 4), "module-type",
        values={"v": "\0\ud800"}, suggestion=Suggestion(Span(1, 2, 3, 4), "cv"), fingerprint="f",
    )  # fmt: skip
    file = RemoteFile("https://x/y", RemoteState.CHANGING, "d", "e", 5, fault=Fault.HOST, measured_at=NOW)
    whole = report(
        finished_at=NOW + 9, paths=("a.md",), findings=(finding,), files=(file,), wanted=1, retry_at=NOW,
        conditions=(Condition("finished", True, {"a": "b"}),),
    )  # fmt: skip
    store.save_report(report())
    store.save_report(whole)
    assert store.report("r1") == whole
    assert store.report("unknown") is None
    assert store.reports(REF) == [whole], "the same run is one row"


def test_reports_are_told_newest_first(store: Store) -> None:
    for number in (2, 1, 3):
        store.save_report(report(number))
    store.save_report(report(4, ref=PullRef("gitee", "owner/hub", 7)))
    assert [found.id for found in store.reports(REF)] == ["r3", "r2", "r1"]
    assert [found.id for found in store.reports(REF, 2)] == ["r3", "r2"]


def test_pulls_are_told_by_their_last_touch_and_say_what_runs(store: Store, engine: Engine) -> None:
    others = [PullRef("github", "owner/hub", number) for number in (8, 9)]
    store.save_report(report(1))
    store.save_report(report(2, ref=others[0]))
    store.save_report(report(3))
    store.save_report(report(4, ref=others[1]))
    queue = Queue(engine)
    queue.beat("w", NOW)
    queue.put(review_request(others[0], supersede=False), NOW)
    assert queue.lease("w", (REVIEW,), NOW)
    assert [(p.ref.number, p.report.id, p.running) for p in store.pulls()] == [
        (9, "r4", False),
        (7, "r3", False),
        (8, "r2", True),
    ]
    assert [p.ref.number for p in store.pulls(1)] == [9]


def test_unfinished_reports_are_superseded_and_no_others(store: Store) -> None:
    store.save_report(report(1))
    store.save_report(report(2, finished_at=NOW))
    store.save_report(report(3))
    elsewhere = report(4, ref=PullRef("github", "owner/hub", 8))
    store.save_report(elsewhere)
    store.supersede(REF, NOW + 50, but="r3")
    assert store.report("r1") == report(1, trouble="superseded", finished_at=NOW + 50)
    assert store.report("r2") == report(2, finished_at=NOW)
    assert store.report("r3") == report(3)
    assert store.report("r4") == elsewhere


@pytest.mark.parametrize(
    ("stored", "known"),
    [
        ([], False),
        ([report(finished_at=NOW)], True),
        ([report()], False),
        ([report(finished_at=NOW, trouble="superseded")], False),
        ([report(finished_at=NOW, trouble="bot")], True),
        ([report(finished_at=NOW, trouble="forge")], False),
        ([report(finished_at=NOW), report(2, finished_at=NOW, trouble="superseded")], True),
        ([report(finished_at=NOW), report(2, finished_at=NOW, head="b" * 40)], False),
    ],
)
def test_which_heads_have_a_result(store: Store, stored: list[Report], known: bool) -> None:
    for each in stored:
        store.save_report(each)
    assert store.has_final_report(REF, HEAD) is known


def test_a_review_on_its_way_counts_as_a_result_and_a_parked_one_does_not(
    store: Store, engine: Engine
) -> None:
    queue = Queue(engine)
    queue.beat("w", NOW)
    queue.put(review_request(REF, supersede=False), NOW)
    assert store.has_final_report(REF, HEAD)
    lease = queue.lease("w", (REVIEW,), NOW)
    assert lease is not None
    assert store.has_final_report(REF, HEAD)
    queue.park(lease, "why")
    assert not store.has_final_report(REF, HEAD)


def test_measurements_belong_to_a_pull_request_and_a_generation(store: Store) -> None:
    file = RemoteFile("https://x/ü", RemoteState.MEASURED, "d", "e", 1 << 40, measured_at=NOW, reads=2)
    store.save_measured(REF, 1, replace(file, state=RemoteState.UNVERIFIED, fault=Fault.HOST))
    store.save_measured(REF, 2, file)
    assert store.measured(REF, [file.url, "https://x/other"]) == {file.url: (2, file)}
    assert store.measured(PullRef("github", "owner/hub", 8), [file.url]) == {}
    assert store.measured(REF, []) == {}


def test_many_addresses_are_asked_for_in_pieces(store: Store) -> None:
    urls = [f"https://x/{number}" for number in range(2 * PIECE + 1)]
    for url in (urls[0], urls[PIECE], urls[-1]):
        store.save_measured(REF, 1, RemoteFile(url, RemoteState.MEASURED, measured_at=NOW))
    assert set(store.measured(REF, urls)) == {urls[0], urls[PIECE], urls[-1]}


def test_page_indexes_are_kept_by_blob(store: Store) -> None:
    store.save_page_assets({})
    store.save_page_assets({"b1": [("https://x", "d"), ("https://y", "\0")], "b2": []})
    store.save_page_assets({"b1": [("never", "twice")]})
    assert store.page_assets(["b1", "b2", "b3"]) == {
        "b1": (("https://x", "d"), ("https://y", "\0")),
        "b2": (),
    }


def test_pruning_takes_what_is_old_and_nothing_else(store: Store, engine: Engine) -> None:
    for number, at in ((1, NOW), (2, NOW + 10)):
        store.accept(delivery(number), {}, b"{}", at)
        url = f"https://x/{number}"
        store.save_measured(REF, 1, RemoteFile(url, RemoteState.MEASURED, measured_at=at))
    store.save_report(report())
    assert store.prune(NOW + 5, NOW) == 2
    assert rows(engine, deliveries) == 1
    assert set(store.measured(REF, ["https://x/1", "https://x/2"])) == {"https://x/2"}
    assert store.report("r1") is not None
    assert rows(engine, jobs) == 1


def test_old_reports_go_but_for_the_newest_of_each_pull_request(store: Store) -> None:
    other = replace(REF, number=8)
    for made in (report(1), report(2), report(3), report(4, ref=other), report(900)):
        store.save_report(made)
    assert store.prune(NOW, NOW + 100) == 3
    assert [kept.id for kept in store.reports(REF)] == ["r900"]
    assert [kept.id for kept in store.reports(other)] == ["r4"]


def test_answered_comments_are_forgotten_and_waiting_ones_are_not(store: Store, engine: Engine) -> None:
    queue = Queue(engine)
    queue.beat("w", NOW)
    for number in (1, 2):
        queue.put(comment_request(REF, Comment(str(number), User(1, "lin"), "/recheck")), NOW)
    answered = queue.lease("w", (COMMENT,), NOW)
    assert answered is not None
    queue.finish(answered, now=NOW)
    assert store.prune(NOW + 10, NOW) == 1
    assert queue.due((COMMENT,), NOW + 10)


def test_what_was_parked_and_nobody_asks_for_is_forgotten_in_time(store: Store, engine: Engine) -> None:
    queue = Queue(engine)
    queue.beat("w", NOW)
    queue.put(comment_request(REF, Comment("1", User(1, "lin"), "/recheck")), NOW)
    queue.put(review_request(REF, supersede=False), NOW)
    for kind in (COMMENT, REVIEW):
        lease = queue.lease("w", (kind,), NOW)
        assert lease is not None
        queue.park(lease, "403 refused")
    assert store.prune(NOW, NOW) == 0
    assert store.figures(NOW)["jobs_parked"] == 2
    assert store.prune(NOW + 10, NOW) == 1
    assert store.figures(NOW)["jobs_parked"] == 1, "a review stays until somebody asks for it"


def test_when_the_last_delivery_came_outlives_it(store: Store) -> None:
    assert LAST not in store.figures(NOW), "nothing is said where none has ever come"
    assert store.accept(delivery(1), {}, b"{}", NOW + 5)
    assert store.accept(delivery(2), {}, b"{}", NOW + 3)
    assert not store.accept(delivery(1), {}, b"{}", NOW + 9), "no news"
    assert store.figures(NOW)[LAST] == NOW + 5
    store.prune(NOW + 100, NOW)
    assert store.figures(NOW)[LAST] == NOW + 5


def test_a_job_names_the_last_delivery_that_asked_for_it(store: Store, engine: Engine) -> None:
    queue = Queue(engine)
    queue.beat("w", NOW)
    for number in (1, 2):
        store.accept(delivery(number), {}, b"{}", NOW)
    queue.put(review_request(REF, supersede=False), NOW)
    lease = queue.lease("w", (REVIEW,), NOW)
    assert lease is not None
    assert lease.delivery == "d2"


def test_counters_grow_from_all_sides(store: Store, engine: Engine) -> None:
    for _ in range(2):
        store.count({"verdicts_passed_total": 1, "verdicts_failed_total": 0})
    store.save_measured(REF, 1, RemoteFile("https://x/1", RemoteState.MEASURED, size=40, measured_at=NOW))
    store.accept(delivery(1), {}, b"{}", NOW)
    store.accept(delivery(2), {}, b"{}", NOW)
    found = store.figures(NOW)
    assert (found["verdicts_passed_total"], found["files_measured_total"], found["file_bytes_total"]) == (
        2,
        1,
        40,
    )
    assert "verdicts_failed_total" not in found
    assert found["ingest_seconds_count"] == 1, "the second delivery brought the first one's time"
    assert found["ingest_seconds_le_10"] == 1


def test_figures(store: Store, engine: Engine) -> None:
    assert store.figures(NOW)["jobs_oldest_seconds"] == 0
    assert store.last_heartbeat() is None
    queue = Queue(engine)
    queue.beat("w", NOW)
    for number in range(4):
        ref = PullRef("github", "owner/hub", number)
        queue.put(review_request(ref, supersede=False, due_at=NOW + number), NOW)
    running = queue.lease("w", (REVIEW,), NOW)
    parked = queue.lease("w", (REVIEW,), NOW + 1)
    assert running is not None
    assert parked is not None
    queue.park(parked, "why")
    store.save_report(report())
    found = store.figures(NOW + 5)
    assert (found["jobs_running"], found["jobs_parked"], found["jobs_waiting"]) == (1, 1, 2)
    assert found["workers_alive"] == 1
    assert store.figures(NOW + 500)["workers_alive"] == 0
    assert store.figures(NOW + 500)["jobs_running"] == 1, "nobody has taken it over"
    assert found["jobs_oldest_seconds"] == 3
    assert found["reports_stored"] == 1
    assert store.last_heartbeat() == NOW


def test_the_schema_is_current_and_upgrading_again_changes_nothing(engine: Engine) -> None:
    assert is_current(engine)
    Store(engine).save_report(report())
    upgrade(engine)
    assert is_current(engine)
    assert Store(engine).report("r1") is not None


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that nobody has used yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'deep' / 'down' / 'hubbot.sqlite'}"
        return
    server = request.getfixturevalue("postgresql_url")
    admin = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE fresh")
    try:
        yield server.replace("/postgres?", "/fresh?")
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE fresh WITH (FORCE)")
        admin.dispose()


@pytest.mark.parametrize("empty", ["sqlite", "postgresql"], indirect=True)
def test_processes_that_start_at_once_migrate_one_after_the_other(empty: str) -> None:
    command = [sys.executable, "-W", "error", "-m", "bot", "db", "upgrade"]
    environment = {"DATABASE_URL": empty, "PATH": "/usr/bin:/bin"}
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in started:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        assert out == b"The database is up to date.\n"
    opened = open_database(empty)
    assert is_current(opened)
    with opened.connect() as connection:
        columns = {c.name for t in metadata.sorted_tables for c in t.columns}
        found = {c for t in metadata.sorted_tables for c in connection.execute(select(t)).mappings().keys()}  # noqa: SIM118 - a result's names
    assert found == columns, "migrations and code agree"
    opened.dispose()


def test_an_untouched_database_is_not_current(tmp_path: Path) -> None:
    opened = open_database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    assert not is_current(opened)
    opened.dispose()


def test_a_locked_file_is_unavailable_and_takes_writes_again(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    opened = open_database(f"sqlite:///{path}")
    event.listen(opened, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 50"))
    upgrade(opened)
    store = Store(opened)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        store.accept(delivery(), {}, b"{}", NOW)
    assert store.reports(REF) == [], "readers do not wait for a writer"
    other.execute("ROLLBACK")
    other.close()
    assert store.accept(delivery(), {}, b"{}", NOW)
    opened.dispose()


def test_a_full_disk_is_unavailable_and_takes_writes_again(tmp_path: Path) -> None:
    opened = open_database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    upgrade(opened)

    def allow(pages: int) -> None:
        opened.dispose()
        event.listen(opened, "connect", lambda made, _: made.execute(f"PRAGMA max_page_count = {pages}"))

    with opened.connect() as connection:
        used = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    allow(used)
    with pytest.raises(StoreUnavailable):
        Store(opened).accept(delivery(), {}, b"x" * 100_000, NOW)
    assert rows(opened, deliveries) == 0
    allow(used + 1000)
    assert Store(opened).accept(delivery(), {}, b"x" * 100_000, NOW)
    opened.dispose()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"this is a text\n" * 500)
    opened = open_database(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable):
        Store(opened).accept(delivery(), {}, b"{}", NOW)
    with pytest.raises(StoreUnavailable):
        Store(opened).reports(REF)
    with pytest.raises(UserError, match=r"x\.sqlite"):
        upgrade(opened)
    opened.dispose()


def test_a_database_that_may_not_be_written_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    opened = open_database(f"sqlite:///{path}")
    upgrade(opened)
    with opened.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.rollback()
    with pytest.raises(StoreUnavailable):
        Store(opened).accept(delivery(), {}, b"{}", NOW)
    opened.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////dev/null/x/y.sqlite",
        "sqlite",
        "postgresql://u:c4n@ry@h/x",
    ],
)
def test_an_address_that_cannot_work_is_refused_in_words(url: str) -> None:
    with pytest.raises(UserError, match="DATABASE_URL") as caught:
        open_database(url)
    assert "ry@" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "hubbot:hunter2@/x?host=",
        "/x?user=u&password=hunter2&host=",
        "/x?passwrod=hunter2&host=",
        "u:@/x?sslmode=hunter2&host=",
    ],
)
def test_a_server_that_is_not_there_is_named_without_its_password(given: str, tmp_path: Path) -> None:
    opened = open_database(f"postgresql://{given}{tmp_path}")
    with pytest.raises(UserError) as caught:
        upgrade(opened)
    assert "hunter2" not in str(caught.value)
    assert f"host={quote_plus(str(tmp_path))}" in str(caught.value)
    with pytest.raises(StoreUnavailable):
        Store(opened).accept(delivery(), {}, b"{}", NOW)
    opened.dispose()


@pytest.mark.parametrize(
    ("text", "kept"), [("a\0b", "a\ufffdb"), ("\ud800", "?"), ("12345678", "12345"), ("好", "好")]
)
def test_storable(text: str, kept: str) -> None:
    assert storable(text, 5) == kept


def test_only_a_server_has_a_clock_of_its_own(engine: Engine) -> None:
    told = clock(engine)
    if engine.dialect.name == "sqlite":
        assert told is None
    else:
        assert told is not None
        assert abs(told - time.time()) < 60, "it runs on this machine"
