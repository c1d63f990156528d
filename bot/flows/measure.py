"""Measures the remote files of a run, reusing what was verified already, here or for other pull requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.downloads.confirm import is_confirmable
from bot.flows.run import Run, Stopped
from bot.flows.scope import Part, is_verified
from bot.model import Report
from bot.store.verified import recall
from rules.facts import RemoteFile, Wanted

#: Seconds that a verified file is not read again on the pull request where it was verified.
FRESH_FOR = 6 * 3600.0
#: Seconds that a verified file is not read again for any pull request, while its host confirms it each time.
CONFIRMED_FOR = 72 * 3600.0
#: Tensors that one report keeps, over all of its files: evidence for people, who read no thousands of them.
MOST_TENSORS = 1_200
#: Seconds between two records of progress in the report.
RECORD_EVERY = 2.0
#: Seconds until the findings so far are posted although files are still being read, and between such posts.
TELL_FIRST, TELL_EVERY = 15.0, 120.0


def measure(
    run: Run,
    report: Report,
    wanted: Sequence[Wanted],
    tell: Callable[[Report], None],
    part: Part,
    generation: int = 0,
) -> list[RemoteFile]:
    """Every wanted file, in the order asked; each is recorded as soon as it is known.

    What `part` is not about keeps its measurement, whatever that was.

    `generation` names the run among the pull request's; 0 takes the job's own.
    Where that takes long, `tell` is called now and then with the report as far as it is.
    Raises `Stopped` when the run is superseded; what was finished by then is kept for the next.
    """
    generation = generation or run.lease.generation
    known = run.world.store.measured(run.ref, [want.url for want in wanted])
    usable = (want.url for want in wanted if _usable(run, want, known.get(want.url), part, generation))
    shown = _Shown()
    files = {url: shown.file(known[url][1]) for url in usable}
    missing = [want for want in wanted if want.url not in files]
    recorded = run.world.now()
    next_word, begun = recorded + TELL_FIRST, False
    for file in run.world.fetcher.measure(missing, run.stopped, _remembered(run, missing)):
        if run.stopped():
            break
        run.guard()
        new = file.confirmed_at is None and is_confirmable(file)
        run.world.store.save_measured(run.ref, generation, file, for_others=new)
        if not begun:
            begun = True
            run.world.queue.progressed(run.lease)
        files[file.url] = shown.file(file)
        now, progress = run.world.now(), replace(report, files=tuple(files.values()))
        if now >= next_word:
            next_word = now + TELL_EVERY
            tell(progress)
        elif now - recorded > RECORD_EVERY:
            recorded = now
            run.world.store.save_report(progress)
    if run.stopped():
        raise Stopped
    return [files[want.url] for want in wanted if want.url in files]


@dataclass(slots=True)
class _Shown:
    """What of the files goes into the report: tensors of the first ones, or it would grow by megabytes."""

    room: int = MOST_TENSORS

    def file(self, file: RemoteFile) -> RemoteFile:
        kept = file.tensors if len(file.tensors) <= self.room else ()
        self.room -= len(kept)
        return replace(file, tensors=kept)


def _remembered(run: Run, missing: Sequence[Wanted]) -> Mapping[str, RemoteFile]:
    """What others have verified of the missing files, for hosts to confirm; nothing for `--fresh`."""
    if not missing or run.lease.payload.get("fresh"):
        return {}
    # What is too old for the gate is read again, whatever its host confirms.
    lasts = min(CONFIRMED_FOR, run.world.policy.fresh_hours * 3600.0 or CONFIRMED_FOR)
    found = recall(run.world.store.engine, missing, run.world.now() - lasts)
    return {url: replace(file, read_for=_name(run, pull)) for url, (pull, file) in found.items()}


def _name(run: Run, pull: str) -> str:
    """A pull request as readers of this one know it; nothing of another repository, which may be private."""
    repository, _, number = pull.rpartition("/")
    same = repository == f"{run.ref.forge}/{run.ref.repo}"
    return f"{'!' if run.ref.forge == 'gitee' else '#'}{number}" if same else ""


def _usable(
    run: Run, want: Wanted, known: tuple[int, RemoteFile] | None, part: Part, generation: int
) -> bool:
    if known is None:
        return False
    measured_in, file = known
    if file.declared != want.sha256:
        return False
    if measured_in == generation:
        return True
    age = run.world.now() - file.measured_at
    if not part.is_whole and not part.concerns(want, file):
        lasts = run.world.policy.fresh_hours * 3600.0
        return not lasts or age < lasts
    return is_verified(want, file) and age < FRESH_FOR and not part.fresh
