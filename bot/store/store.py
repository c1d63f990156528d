"""What we ask our own database, apart from the queue: deliveries, reports, measurements, page indexes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Engine, delete, func, or_, select, update

from bot.allowance import Allowance
from bot.model import Delivery, PullRef, Report
from bot.review.report import SUPERSEDED, from_json, remote_file, to_json
from bot.store import allowances, counters, hostrows, tasks, verified, work
from bot.store.database import PIECE, insert_into, reading, writing
from bot.store.intake import Arrival, Intake
from bot.store.orders import UNANSWERED
from bot.store.rulings import Rulebook
from bot.store.schema import deliveries, is_open, jobs, measurements, notes, pages, reports, workers
from bot.store.standing import standing
from bot.store.verified import url_hash
from rules.facts import RemoteFile

#: The word in `Report.trouble` of a run that a forge would not let finish, whatever we tried.
FORGE_REFUSED = "forge"
#: Begins the key of the note that a comment has been answered.
ANSWERED = "answered"
#: Begins the key of the note how a merge queue was answered.
QUEUED = "queued"


@dataclass(frozen=True, slots=True)
class PullSummary:
    """A pull request that we know of, with its newest report and whether work on it is waiting or running."""

    ref: PullRef
    report: Report
    running: bool


class Store:
    """Reads and writes of the application's own rows; every write is one durable transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.intake = Intake(engine)
        self.rulebook = Rulebook(engine)

    def accept(self, delivery: Delivery, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """Stores a delivery and the work it asks for, durably; False for a duplicate."""
        return self.intake.accept(Arrival(delivery, headers, body, now))

    def save_report(self, report: Report) -> None:
        row = {
            "id": report.id,
            "forge": report.ref.forge,
            "repo": report.ref.repo,
            "number": report.ref.number,
            "head_sha": report.head_sha,
            "started_at": report.started_at,
            "finished_at": report.finished_at,
            "document": to_json(report),
        }
        with writing(self.engine) as connection:
            insert = insert_into(connection, reports).values(row)
            connection.execute(insert.on_conflict_do_update(index_elements=[reports.c.id], set_=row))

    def supersede(self, ref: PullRef, now: float, *, but: str = "") -> None:
        """Marks every report of the pull request that no run will finish: all but the one called `but`."""
        unfinished = (
            reports.c.forge == ref.forge,
            reports.c.repo == ref.repo,
            reports.c.number == ref.number,
            reports.c.finished_at.is_(None),
            reports.c.id != but,
        )
        with writing(self.engine) as connection:
            found = connection.execute(select(reports.c.document).where(*unfinished)).scalars().all()
            for report in map(from_json, found):
                ended = replace(report, trouble=SUPERSEDED, finished_at=now, retry_at=None)
                connection.execute(
                    update(reports)
                    .where(reports.c.id == report.id)
                    .values(document=to_json(ended), finished_at=now)
                )

    def report(self, report_id: str) -> Report | None:
        with reading(self.engine) as connection:
            found = connection.execute(select(reports.c.document).where(reports.c.id == report_id)).scalar()
        return from_json(found) if found else None

    def reports(self, ref: PullRef, limit: int = 50) -> Sequence[Report]:
        """The runs of one pull request, newest first."""
        query = (
            select(reports.c.document)
            .where(reports.c.forge == ref.forge, reports.c.repo == ref.repo, reports.c.number == ref.number)
            .order_by(reports.c.started_at.desc())
            .limit(limit)
        )
        with reading(self.engine) as connection:
            return [from_json(document) for document in connection.execute(query).scalars()]

    def sharing(self, ref: PullRef, head_sha: str) -> Sequence[Report]:
        """The newest report of this head of each other pull request of the repository, by their numbers."""
        query = (
            select(reports.c.number, reports.c.id)
            .where(reports.c.forge == ref.forge, reports.c.repo == ref.repo, reports.c.number != ref.number)
            .where(reports.c.head_sha == head_sha)
            .order_by(reports.c.number, reports.c.started_at)
        )
        with reading(self.engine) as connection:
            newest = {row.number: row.id for row in connection.execute(query)}
        found = (self.report(report_id) for report_id in newest.values())
        return [report for report in found if report is not None]

    def pulls(self, limit: int = 100) -> Sequence[PullSummary]:
        """Pull requests by their newest report, the last touched first."""
        newest = (
            select(
                reports.c.forge, reports.c.repo, reports.c.number, func.max(reports.c.started_at).label("at")
            )
            .group_by(reports.c.forge, reports.c.repo, reports.c.number)
            .order_by(func.max(reports.c.started_at).desc())
            .limit(limit)
            .subquery()
        )
        query = (
            select(reports.c.document)
            .join(
                newest,
                (reports.c.forge == newest.c.forge)
                & (reports.c.repo == newest.c.repo)
                & (reports.c.number == newest.c.number)
                & (reports.c.started_at == newest.c.at),
            )
            .order_by(newest.c.at.desc())
        )
        active = select(jobs.c.forge, jobs.c.repo, jobs.c.number).where(
            jobs.c.kind == work.REVIEW, jobs.c.worker != ""
        )
        with reading(self.engine) as connection:
            found = [from_json(document) for document in connection.execute(query).scalars()]
            running = {PullRef(*row) for row in connection.execute(active)}
        unique = {report.ref: report for report in reversed(found)}
        return [PullSummary(r.ref, r, r.ref in running) for r in reversed(unique.values())]

    def measured(self, ref: PullRef, urls: Collection[str]) -> Mapping[str, tuple[int, RemoteFile]]:
        """What is known of `urls` from this pull request's runs: address to (generation, measurement)."""
        by_hash = {url_hash(url): url for url in urls}
        found: dict[str, tuple[int, RemoteFile]] = {}
        with reading(self.engine) as connection:
            for piece in _pieces(by_hash):
                query = select(
                    measurements.c.url_hash, measurements.c.generation, measurements.c.document
                ).where(measurements.c.pull == str(ref), measurements.c.url_hash.in_(piece))
                for key, generation, document in connection.execute(query):
                    found[by_hash[key]] = (generation, remote_file(json.loads(document)))
        return found

    def save_measured(
        self, ref: PullRef, generation: int, file: RemoteFile, *, for_others: bool = False
    ) -> None:
        """Keeps what was measured for one pull request; `for_others` also for all others."""
        row = {
            "pull": str(ref),
            "url_hash": url_hash(file.url),
            "generation": generation,
            "measured_at": file.measured_at,
            "document": json.dumps(asdict(file)),
        }
        with writing(self.engine) as connection:
            insert = insert_into(connection, measurements).values(row)
            keys = [measurements.c.pull, measurements.c.url_hash]
            connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=row))
            if for_others:
                verified.remember(connection, ref, file)
            counters.add(
                connection, {f"files_{file.state}_total": 1, "file_bytes_total": float(file.size or 0)}
            )

    def page_assets(self, blobs: Collection[str]) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Known page indexes: blob id to its (link, sha256) pairs."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        with reading(self.engine) as connection:
            for piece in _pieces(blobs):
                for blob, document in connection.execute(
                    select(pages.c.blob, pages.c.document).where(pages.c.blob.in_(piece))
                ):
                    found[blob] = tuple((link, digest) for link, digest in json.loads(document))
        return found

    def save_page_assets(self, indexes: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        rows = [{"blob": blob, "document": json.dumps(list(pairs))} for blob, pairs in indexes.items()]
        if not rows:
            return
        with writing(self.engine) as connection:
            connection.execute(insert_into(connection, pages).on_conflict_do_nothing(), rows)

    def note(self, key: str) -> str:
        """What was noted under `key`, empty where nothing was."""
        with reading(self.engine) as connection:
            return connection.execute(select(notes.c.value).where(notes.c.key == key)).scalar() or ""

    def save_note(self, key: str, value: str, now: float) -> None:
        row = {"key": key, "value": value, "noted_at": now}
        with writing(self.engine) as connection:
            insert = insert_into(connection, notes).values(row)
            connection.execute(insert.on_conflict_do_update(index_elements=[notes.c.key], set_=row))

    def has_final_report(self, ref: PullRef, head_sha: str) -> bool:
        """Whether the last review that ended was of this head and was shown there, or one is on its way."""
        waiting = select(jobs.c.id).where(jobs.c.key == f"review {ref}", is_open())
        with reading(self.engine) as connection:
            if connection.execute(waiting.limit(1)).first():
                return True
        ended = [r for r in self.reports(ref) if r.finished_at is not None and r.trouble != SUPERSEDED]
        # What the forge would not take was written nowhere that people look.
        return bool(ended) and ended[0].head_sha == head_sha and ended[0].trouble != FORGE_REFUSED

    def figures(self, now: float) -> Mapping[str, float]:
        """Counts for the metrics page."""
        stands = standing(self.engine, now)
        with reading(self.engine) as connection:
            runs = connection.execute(select(func.count()).select_from(reports)).scalar_one()
            counted = counters.read(connection)
            apart = tasks.figures(connection, now)
        return {
            UNANSWERED: 0.0,
            **counted,
            **{f"{_word(one)}_requests_left": float(one.left(now)) for one in stands.allowances},
            **{f"{_word(one)}_requests_limit": float(one.limit) for one in stands.allowances},
            **apart,
            "hosts_closed": stands.hosts_closed,
            "jobs_waiting": stands.waiting,
            "jobs_oldest_seconds": stands.oldest,
            "jobs_running": stands.running,
            "jobs_parked": stands.parked,
            "workers_alive": stands.workers,
            "reports_stored": runs,
        }

    def allowances(self) -> Sequence[Allowance]:
        """What the forges last told of the requests that are left."""
        with reading(self.engine) as connection:
            return allowances.read(connection)

    def count(self, amounts: Mapping[str, float]) -> None:
        """Adds to counters; names end in `_total`."""
        with writing(self.engine) as connection:
            counters.add(connection, amounts)

    def last_heartbeat(self) -> float | None:
        """When any worker was last alive, in seconds since the epoch."""
        with reading(self.engine) as connection:
            return connection.execute(select(func.max(workers.c.heartbeat_at))).scalar()

    def prune(self, before: float, reports_before: float) -> int:
        """Deletes what is older than two moments, the second for reports; returns how many rows.

        What was parked and nobody has asked for since goes too, but for reviews, which a push asks for again.
        A pull request's newest report stays, and so does every decision and its record.
        """
        newest = select(func.max(reports.c.started_at)).group_by(
            reports.c.forge, reports.c.repo, reports.c.number
        )
        told = jobs.c.kind.in_((work.COMMENT, work.LOCATE, work.GROUP))
        over = (
            delete(deliveries).where(deliveries.c.received_at < before),
            delete(measurements).where(measurements.c.measured_at < before),
            delete(notes).where(
                notes.c.noted_at < before,
                or_(notes.c.key.like(f"{ANSWERED} %"), notes.c.key.like(f"{QUEUED} %")),
            ),
            delete(jobs).where(
                told, or_(jobs.c.wanted == jobs.c.done, jobs.c.parked), jobs.c.due_at < before
            ),
            delete(reports).where(reports.c.started_at < reports_before, reports.c.started_at.not_in(newest)),
        )
        with writing(self.engine) as connection:
            hostrows.forget(connection, before)
            verified.forget(connection, before)
            return sum(connection.execute(statement).rowcount for statement in over)


def _word(allowance: Allowance) -> str:
    return allowance.name.replace(" ", "_")


def _pieces(items: Collection[str]) -> Iterable[list[str]]:
    listed = list(items)
    for start in range(0, len(listed), PIECE):
        yield listed[start : start + PIECE]
