"""A siege: a real receiver and real workers in processes of their own, killed again and again at work.

The forge and the file servers live in the besieging process, so that they outlive everybody and can say
afterwards what was written and what was read. Used small as a test, and large by `benchmarks.kills`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, cast

from sqlalchemy import select

from bot.downloads import Fetcher
from bot.downloads.texts import Text, TextState
from bot.flows.worker import Worker
from bot.forges.github.hooks import GitHubHooks
from bot.model import PullRef, Report
from bot.store.database import StoreUnavailable, open_database, reading
from bot.store.queue import Queue
from bot.store.schema import is_open, jobs
from bot.store.store import Store
from bot.store.work import COMMENT, REVIEW
from bot.web.app import create_app
from bot.web.stored import StoredWorld
from bot.wiring import Receiver, World
from rules import policy
from rules.facts import RemoteFile, RemoteState, Wanted
from tests.flows.forge import AUTHOR, PORT, REPO, MemoryForge
from tests.flows.story import digest, page_of, path_of

SECRET = "siege"
FINAL = {"success", "failure"}
#: Seconds that a file takes to read.
READS_FOR = 0.01
#: Share of a worker's calls of the forge at which it is killed, before or after their effect.
AT_A_STEP = 0.004


@dataclass
class Tally:
    """What happened, counted."""

    deliveries: int = 0
    duplicates: int = 0
    refused: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    reads: Counter[tuple[int, str]] = field(default_factory=Counter)
    parked: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def killed(self) -> int:
        return sum(self.kills.values())

    @property
    def read_again(self) -> int:
        """Files that were read to their end more than once for one pull request."""
        return sum(times - 1 for times in self.reads.values())


class Wire:
    """A child's end of a pair of pipes: asks one thing at a time."""

    def __init__(self, out: Connection, into: Connection) -> None:
        self.out, self.into, self.lock = out, into, threading.Lock()

    def __call__(self, method: str, *args: object, **kwargs: object) -> Any:
        with self.lock:
            self.out.send((method, args, kwargs))
            fine, answer = self.into.recv()
        if not fine:
            raise answer
        return answer


class FarForge:
    """The besieging process's forge, as a worker sees it."""

    name, default_language, has_reactions = MemoryForge.name, MemoryForge.default_language, True
    shares_checks = True

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self.wire(name, *args, **kwargs)


class FarFetcher:
    """Reads every file as its page declares it, and says so to the besieging process."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def measure(
        self, wanted: Sequence[Wanted], cancelled: Callable[[], bool], known: Mapping[str, RemoteFile]
    ) -> Iterator[RemoteFile]:
        for want in wanted:
            if cancelled():
                return
            if want.url in known:
                yield replace(known[want.url], confirmed_at=time.time())
                continue
            time.sleep(READS_FOR)
            self.wire("read", want.url)
            yield RemoteFile(
                want.url, RemoteState.MEASURED, want.sha256, digest(want.url), 4, want.url, reads=2,
                measured_at=time.time(),
            )  # fmt: skip

    def texts(self, urls: Sequence[str], cancelled: Callable[[], bool]) -> Iterator[Text]:
        """No repository tells anything."""
        return (Text(url, TextState.UNKNOWN) for url in urls)


class Child:
    """A process that can be killed; `serve` runs in it."""

    def __init__(self, serve: Callable[[Wire], None], answer: Callable[..., Any] | None) -> None:
        ours_in, theirs_out = Pipe(duplex=False)
        theirs_in, ours_out = Pipe(duplex=False)
        self.wire, self.answer = Wire(ours_out, ours_in), answer
        self.pid = os.fork()
        if not self.pid:
            try:
                ours_in.close()
                ours_out.close()
                logging.disable(logging.CRITICAL)
                serve(Wire(theirs_out, theirs_in))
            finally:
                os._exit(0)
        theirs_in.close()
        theirs_out.close()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        if answer is not None:
            self.thread.start()

    def _serve(self) -> None:
        assert self.answer is not None
        try:
            while True:
                method, args, kwargs = self.wire.into.recv()
                try:
                    reply = (True, self.answer(self, method, *args, **kwargs))
                except Exception as error:  # noqa: BLE001 - it is the child's
                    reply = (False, error)
                self.wire.out.send(reply)
        except (EOFError, OSError):
            return

    def kill(self) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def gone(self) -> None:
        """Kills and buries it."""
        self.kill()
        os.waitpid(self.pid, 0)
        if self.answer is not None:
            self.thread.join(5)
        self.wire.out.close()
        self.wire.into.close()


class Siege:
    """`pulls` pull requests that get `deliveries` in all, while `kills` kills fall upon `workers` workers."""

    def __init__(self, url: str, *, deliveries: int, pulls: int, kills: int, workers: int, seed: int) -> None:
        self.url, self.deliveries, self.kills = url, deliveries, kills
        self.random = random.Random(seed)
        self.tally = Tally()
        self.forge = MemoryForge({"README.md": "hub\n"})
        self.lock = threading.RLock()
        self.slips: dict[int, bool] = {}
        self.pulls, self.workers = pulls, workers

    def run(self, within: float) -> Tally:
        """Everything, to the quiet after it; raises AssertionError when that does not come in time."""
        begun = time.monotonic()
        engine = open_database(self.url)
        self.store, self.queue = Store(engine), Queue(engine)
        try:
            self._fight(begun + within)
            self._revive(begun + within)
            self._judge()
        finally:
            engine.dispose()
        self.tally.seconds = time.monotonic() - begun
        return self.tally

    # -- the fight ----------------------------------------------------------
    def _fight(self, end: float) -> None:
        receiver = Child(self.receive, None)
        workers = [Child(self.work, self.answer) for _ in range(self.workers)]
        try:
            todo = list(self.history())
            per_kill = max(1, len(todo) // max(self.kills, 1))
            for number, (identity, event, body) in enumerate(todo):
                while not self.accepted(receiver, identity, event, body):
                    receiver.gone()
                    receiver = Child(self.receive, None)
                if number % per_kill == 0 and self.tally.killed < self.kills:
                    time.sleep(self.random.uniform(0.0, 0.3))
                    if self.random.random() < 0.2:
                        self.tally.kills["receiver"] += 1
                        receiver.kill()
                    else:
                        self._strike(self.random.choice(workers), "worker at random")
                workers = [self._replaced(worker) for worker in workers]
            while self._busy():
                assert time.monotonic() < end, f"still busy: {self.store.figures(time.time())}"
                workers = [self._replaced(worker) for worker in workers]
                time.sleep(0.1)
        finally:
            for child in (receiver, *workers):
                child.gone()

    def _replaced(self, worker: Child) -> Child:
        done, _ = os.waitpid(worker.pid, os.WNOHANG)
        if not done:
            return worker
        worker.thread.join(5)
        worker.wire.out.close()
        worker.wire.into.close()
        return Child(self.work, self.answer)

    def _strike(self, worker: Child, where: str) -> bool:
        """Kills it, unless there were enough; whether it did."""
        if self.tally.killed >= self.kills:
            return False
        self.tally.kills[where] += 1
        worker.kill()
        return True

    def answer(self, worker: Child, method: str, *args: Any, **kwargs: Any) -> Any:
        """A call of a worker's, in which it may be killed before or after its effect."""
        fate = self.random.random()
        if fate < AT_A_STEP and self._strike(worker, f"before {method}"):
            return None
        with self.lock:
            if method == "read":
                number = int(args[0].split("/p")[1].split("/")[0])
                self.tally.reads[number, args[0]] += 1
                answer: Any = None
            else:
                answer = getattr(self.forge, method)(*args, **kwargs)
                if method == "open_pulls":
                    answer = list(answer)
        if fate > 1 - AT_A_STEP:
            self._strike(worker, f"after {method}")
        return answer

    def _busy(self) -> bool:
        """Whether somebody still waits: looking around comes back by itself for ever."""
        asked = select(jobs.c.id).where(is_open(), jobs.c.kind.in_((REVIEW, COMMENT))).limit(1)
        try:
            with reading(self.store.engine) as connection:
                return connection.execute(asked).first() is not None
        except StoreUnavailable:
            return True

    # -- what happens on the forge ------------------------------------------
    def history(self) -> Iterator[tuple[str, str, bytes]]:
        """Deliveries as a forge sends them: some twice, some late."""
        late: list[tuple[str, str, bytes]] = []
        for number in range(self.deliveries):
            if late and self.random.random() < 0.1:
                yield late.pop()
            chance = self.random.random()
            made = self._event(f"00000000-0000-4000-8000-{number:012d}")
            if chance > 0.9:
                late.append(made)
            elif chance > 0.75:
                self.tally.duplicates += 1
                yield made
                yield made
            else:
                yield made
        yield from late

    def _event(self, identity: str) -> tuple[str, str, bytes]:
        number = self.random.randrange(1, self.pulls + 1)
        with self.lock:
            new = number not in self.forge.pulls
            if new or self.random.random() < 0.7:
                self.slips[number] = self.random.random() < 0.5
                files = {
                    path_of(number): page_of(number, self.random.randrange(1, 4), slip=self.slips[number])
                }
                pull = self.forge.open(number, files) if new else self.forge.push(number, files)
                action = "opened" if new else "synchronize"
                head = {"head": {"sha": pull.head}, "number": number}
                return identity, "pull_request", _payload(action, pull_request=head, number=number)
            said = self.forge.say(number, AUTHOR, "/recheck")
            who = {"id": AUTHOR.id, "login": AUTHOR.login, "type": "User"}
            comment = {"id": int(said.id), "body": said.body, "user": who}
            issue = {"number": number, "pull_request": {}}
            return identity, "issue_comment", _payload("created", issue=issue, comment=comment)

    def accepted(self, receiver: Child, identity: str, event: str, body: bytes) -> bool:
        """Whether the receiver has said that it took the delivery, or had it; a forge would send it again."""
        try:
            status = receiver.wire("post", identity, event, body)
        except (EOFError, OSError):
            return False
        self.tally.deliveries += status == 202
        self.tally.refused += status == 503
        return status in (200, 202)

    # -- the besieged -------------------------------------------------------
    def receive(self, wire: Wire) -> None:
        engine = open_database(self.url)
        world = Receiver(
            {"github": GitHubHooks((SECRET,))}, {"github": (REPO,)}, Store(engine), "", demo=False
        )
        client = create_app(StoredWorld(world)).test_client()
        while True:
            _, (identity, event, body), _ = wire.into.recv()
            signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            headers = {
                "X-GitHub-Delivery": identity,
                "X-GitHub-Event": event,
                "X-Hub-Signature-256": f"sha256={signature}",
                "Content-Type": "application/json",
            }
            wire.out.send((True, client.post("/webhooks/github", data=body, headers=headers).status_code))

    def work(self, wire: Wire) -> None:
        engine = open_database(self.url)
        world = World(
            forges={"github": cast(Any, FarForge(wire))},
            repositories={"github": (REPO,)},
            store=Store(engine),
            queue=Queue(engine),
            fetcher=cast(Fetcher, FarFetcher(wire)),
            policy=policy.default(),
            public_url="https://bot.example",
            dry_run=False,
        )
        if self.url.startswith("sqlite"):
            world.queue.forget_workers()  # as the command does, whose lock says that the others are gone
        Worker(world).run(threading.Event())

    # -- the judgement ------------------------------------------------------
    def _revive(self, end: float) -> None:
        """Asks again for what died too often to be tried by itself, in peace."""
        parked = [number for number in self.forge.pulls if self._newest(number).trouble == "bot"]
        self.tally.parked = len(parked)
        if not parked:
            return
        receiver = Child(self.receive, None)
        worker = Child(self.work, lambda _, *args, **kwargs: self._in_peace(*args, **kwargs))
        try:
            for number in parked:
                pull = self.forge.pulls[number]
                head = {"head": {"sha": pull.head}, "number": number}
                body = _payload("synchronize", pull_request=head, number=number)
                assert self.accepted(receiver, f"revive-{number}-00000000", "pull_request", body)
            while self._busy():
                assert time.monotonic() < end, "what was parked does not come to an end"
                time.sleep(0.1)
        finally:
            receiver.gone()
            worker.gone()

    def _in_peace(self, method: str, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            if method == "read":
                return None
            answer = getattr(self.forge, method)(*args, **kwargs)
            return list(answer) if method == "open_pulls" else answer

    def _judge(self) -> None:
        for number, pull in self.forge.pulls.items():
            states = pull.states()
            wanted = "failure" if self.slips[number] else "success"
            said = [mark for comment in pull.inline for mark in comment.fingerprints]
            report = self._newest(number)
            answered = {comment for comment, _ in pull.reactions}
            asked = {key for key, comment in pull.comments.items() if comment.author == AUTHOR}
            for fine, what in (
                (set(states) == {"format", "assets", "gate"}, f"contexts {sorted(states)}"),
                (set(states.values()) <= FINAL, f"states {states}"),
                (states.get("gate") == wanted, f"gate {states.get('gate')}, not {wanted}"),
                (len(pull.summaries) == 1, f"{len(pull.summaries)} summaries"),
                (len(said) == len(set(said)), "a finding said twice"),
                (asked <= answered, f"commands without an answer: {sorted(asked - answered)}"),
                (report.head_sha == pull.head, "the newest report is of another head"),
            ):
                if not fine:
                    self.tally.wrong.append(f"pull request {number}: {what}")

    def _newest(self, number: int) -> Report:
        return self.store.reports(PullRef("github", REPO, number), 1)[0]


def _payload(action: str, **parts: Any) -> bytes:
    sender = {"id": AUTHOR.id, "login": AUTHOR.login, "type": "User"}
    return json.dumps(
        {"action": action, "repository": {"full_name": REPO}, "sender": sender, **parts}
    ).encode()


assert "read" not in PORT
