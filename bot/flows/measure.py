"""Measures the remote files of a run, reusing what this pull request's runs have verified already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.flows.run import Run, Stopped
from bot.flows.scope import Part, is_verified
from bot.model import Report
from rules.facts import RemoteFile, Wanted

#: Seconds that a verified file is not read again on the pull request where it was verified.
FRESH_FOR = 6 * 3600.0
#: Seconds between two records of progress in the report.
RECORD_EVERY = 2.0
#: Seconds until the findings so far are posted although files are still being read, and between such posts.
TELL_FIRST, TELL_EVERY = 15.0, 120.0


def measure(
    run: Run, report: Report, wanted: Sequence[Wanted], tell: Callable[[Report], None], part: Part
) -> list[RemoteFile]:
    """Every wanted file, in the order asked; each is recorded as soon as it is known.

    What `part` is not about keeps its measurement, whatever that was.

    Where that takes long, `tell` is called now and then with the report as far as it is.
    Raises `Stopped` when the run is superseded; what was finished by then is kept for the next.
    """
    known = run.world.store.measured(run.ref, [want.url for want in wanted])
    usable = (want.url for want in wanted if _usable(run, want, known.get(want.url), part))
    files = {url: _for_report(known[url][1]) for url in usable}
    missing = [want for want in wanted if want.url not in files]
    recorded = run.world.now()
    next_word, begun = recorded + TELL_FIRST, False
    for file in run.world.fetcher.measure(missing, run.stopped):
        if run.stopped():
            break
        run.guard()
        run.world.store.save_measured(run.ref, run.lease.generation, file)
        if not begun:
            begun = True
            run.world.queue.progressed(run.lease)
        files[file.url] = _for_report(file)
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


def _for_report(file: RemoteFile) -> RemoteFile:
    """Without the tensors, which stay with the measurement: a bulk report would grow by megabytes."""
    return replace(file, tensors=())


def _usable(run: Run, want: Wanted, known: tuple[int, RemoteFile] | None, part: Part) -> bool:
    if known is None:
        return False
    generation, file = known
    if file.declared != want.sha256:
        return False
    if generation == run.lease.generation:
        return True
    age = run.world.now() - file.measured_at
    if not part.is_whole and not part.concerns(want, file):
        lasts = run.world.policy.fresh_hours * 3600.0
        return not lasts or age < lasts
    return is_verified(want, file) and age < FRESH_FOR and not part.fresh
