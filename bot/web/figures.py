"""What each figure of the metrics page counts, in words for whoever reads it there."""

from __future__ import annotations

import re

#: By the figure's name without `hubbot_`; what a name varies in is quoted.
_WORDS = tuple(
    (re.compile(name), words)
    for name, words in (
        ("store_up", "1 where the database could be read for these figures, 0 where not."),
        ("jobs_waiting", "Jobs that are due and that no worker has taken."),
        ("jobs_oldest_seconds", "How long the oldest of the waiting jobs has been due."),
        ("jobs_running", "Jobs in the hands of a worker, also of one that died and that none has replaced."),
        ("jobs_parked", "Jobs set aside after failing for good, until somebody asks for them again."),
        ("workers_alive", "Workers whose heartbeat is less than a minute old."),
        ("hosts_closed", "File hosts that are left alone for now, because they failed or asked for it."),
        ("reports_stored", "Reports of reviews in the database, finished or not."),
        ("last_delivery_timestamp_seconds", "When the last delivery was stored, in seconds since the epoch."),
        ("downloaders_alive", "Downloaders whose heartbeat is fresh, with DOWNLOADS=separate."),
        ("orders_waiting", "What workers asked of downloaders and none has taken."),
        ("orders_oldest_seconds", "How long the oldest of the waiting orders has waited."),
        ("orders_unanswered_total", "Files that workers asked for and no downloader looked at in time."),
        ("verdicts_passed_total", "Reviews that ended with the gate open."),
        ("verdicts_failed_total", "Reviews that ended with something for the author or a maintainer to do."),
        ("verdicts_unverified_total", "Reviews that ended with something that could not be verified."),
        ("verdicts_nothing_to_check_total", "Reviews of pull requests without asset pages."),
        ("runs_broken_total", "Reviews that came to no verdict through a defect of hubbot."),
        ("findings_(.+)_total", "Findings of finished reviews whose fault is: {}."),
        ("files_(.+)_total", "Linked files by what reading them came to: {}."),
        ("file_bytes_total", "Bytes of the linked files that were read."),
        ("ingest_seconds", "Seconds from a delivery's arrival until it was stored."),
        ("(.+)_requests_left", "Requests that the forge still allows in this period: {}."),
        ("(.+)_requests_limit", "Requests that the forge allows in a period: {}."),
    )
)


def told(name: str) -> str:
    """What the figure counts; processes of another release may have left some of theirs in the database."""
    for pattern, words in _WORDS:
        if found := pattern.fullmatch(name):
            return words.format(*(part.replace("_", " ") for part in found.groups()))
    return "A figure of another release."
