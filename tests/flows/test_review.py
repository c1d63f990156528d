"""Reviews from their delivery to what people see, with everything that may happen in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.errors import ForgeError, NotThere
from bot.flows.comment import COOL_DOWN
from bot.flows.review import BULK_FILES, SETTLED
from bot.model import Intent, PullState
from bot.review.plan import NEEDS_FIX, VERIFIED
from bot.review.report import Verdict, verdict
from bot.store.queue import LEASE, MAX_ATTEMPTS, Lease
from bot.store.store import FORGE_REFUSED
from tests.flows.forge import AUTHOR, MAINTAINER, WRITES
from tests.flows.story import NOW, PAGE, Story, digest, failing, links, page, page_of, path_of
from tests.loglines import logged

GREEN = {"format": "success", "assets": "success", "gate": "success"}
RED = {"format": "failure", "assets": "success", "gate": "failure"}


def test_a_good_page_is_verified(story: Story) -> None:
    story.open(page(2))
    story.settle()
    assert story.pull.states() == GREEN
    assert story.pull.labels == {VERIFIED}
    assert len(story.pull.summaries) == 1
    assert story.pull.inline == []
    assert story.fetcher.asked == links(2)
    (report,) = story.reports
    assert verdict(report) is Verdict.PASSED
    assert all(c.details_url.endswith(f"/reports/{report.id}") for c in story.pull.checks.values())


def test_a_slip_is_said_once_on_its_line_and_closes_the_gate(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    assert story.pull.states() == RED
    assert story.pull.labels == {NEEDS_FIX}
    (comment,) = story.pull.inline
    assert page(slip=True).splitlines()[comment.line - 1] == "module-type: vc-classification"


def test_checks_are_pending_before_they_are_final_and_the_gate_is_last(story: Story) -> None:
    story.open()
    story.settle()
    shown = [what for _, what in story.forge.writes if what.startswith("hubbot/")]
    assert shown[:3] == [f"hubbot/{context}=pending" for context in ("format", "assets", "gate")]
    assert shown[-1] == "hubbot/gate=success"
    assert shown.index("hubbot/format=success") < shown.index("hubbot/assets=success")
    assert story.forge.writes[-1][1] == "hubbot/gate=success", "words stand before the gate opens"


def test_of_a_bulk_pull_request_only_the_gate_is_pending_at_first(story: Story) -> None:
    story.forge.counts_files = True
    story.forge.open(1, {path_of(number): page_of(number) for number in range(1, BULK_FILES + 2)})
    story.deliver(Intent.REVIEW)
    story.settle()
    shown = [what for _, what in story.forge.writes if what.startswith("hubbot/")]
    states = ["hubbot/gate=pending", "hubbot/format=success", "hubbot/assets=success", "hubbot/gate=success"]
    assert shown == states


def test_the_static_result_stands_while_files_are_read(story: Story) -> None:
    seen = []
    story.fetcher.meanwhile = lambda url: seen.append(story.pull.states())
    story.open(page(slip=True))
    story.settle()
    assert seen == [{"format": "failure", "assets": "pending", "gate": "pending"}]


def test_long_reading_posts_what_is_known_meanwhile(story: Story) -> None:
    seen = []

    def slowly(url: str) -> None:
        story.time += 16
        story.queue.beat("w", story.time)
        seen.append((len(story.pull.summaries), len(story.reports[0].files)))

    story.fetcher.meanwhile = slowly
    story.open(page(3, slip=True))
    story.settle()
    assert seen == [(0, 0), (1, 2), (1, 3)]
    assert len(story.pull.summaries) == 1
    assert len(story.pull.inline) == 1


def test_where_no_page_changes_there_is_only_a_green_light(story: Story) -> None:
    story.forge.open(1, {"README.md": "another hub\n"})
    story.deliver(Intent.REVIEW)
    story.settle()
    assert story.pull.states() == GREEN
    assert story.pull.comments == {}
    assert story.pull.labels == set()
    assert verdict(story.reports[0]) is Verdict.NOTHING_TO_CHECK


def test_counts_that_disagree_close_the_gate_and_blame_nobody(story: Story) -> None:
    story.forge.lies = True
    story.open()
    story.settle()
    assert story.pull.states() == {"format": "error", "assets": "error", "gate": "error"}
    assert story.pull.labels == set()
    (report,) = story.reports
    assert (report.trouble, report.findings) == ("counts", ())
    assert report.retry_at == pytest.approx(NOW + 300, abs=1)
    assert "must fix" not in story.pull.summaries[0].body.casefold()
    story.forge.lies = False
    story.later(299)
    assert story.pull.states()["gate"] == "error"
    story.later(2)
    assert story.pull.states() == GREEN, "without a push, and without anybody asking"
    assert len(story.pull.summaries) == 1


def test_a_host_that_fails_is_tried_again_and_only_its_file(story: Story) -> None:
    story.fetcher.down = {links(2)[1]}
    story.open(page(2))
    story.settle()
    assert story.pull.states() == {"format": "success", "assets": "error", "gate": "error"}
    assert story.pull.labels == set()
    assert story.reports[0].retry_at == pytest.approx(NOW + 300, abs=1)
    story.fetcher.down.clear()
    story.fetcher.asked.clear()
    story.later(301)
    assert story.pull.states() == GREEN
    assert story.fetcher.asked == [links(2)[1]], "what was verified is not read again"


def test_retries_grow_rarer_and_end_until_somebody_asks(story: Story) -> None:
    story.fetcher.down = set(links())
    story.open()
    story.settle()
    waits = []
    while (at := story.reports[0].retry_at) is not None:
        waits.append(round(at - story.time))
        story.later(at - story.time + 1)
    assert waits == [300, 900, 3600, *[21600] * 9]
    story.later(1e6)
    assert len(story.reports) == 13
    story.fetcher.down.clear()
    story.say("/recheck")
    story.settle()
    assert story.pull.states() == GREEN


def test_rechecks_of_a_good_head_use_up_no_retries(story: Story) -> None:
    story.open()
    story.settle()
    for _ in range(13):
        story.say("/recheck", MAINTAINER)
        story.later(COOL_DOWN)
    story.fetcher.down = set(links())
    story.say("/recheck --fresh", MAINTAINER)
    story.later(COOL_DOWN)
    assert story.reports[0].retry_at is not None


def test_files_that_a_reader_leaves_out_keep_the_gate_closed(story: Story) -> None:
    story.fetcher.stops_after = 1
    story.open(page(3))
    story.settle()
    assert story.pull.states() == {"format": "success", "assets": "error", "gate": "error"}
    assert story.reports[0].retry_at is not None
    story.fetcher.stops_after = None
    story.later(301)
    assert story.pull.states() == GREEN


def test_a_push_in_the_middle_ends_the_run_before_it(story: Story) -> None:
    story.open(page(2, slip=True))
    old = story.pull.head
    cancelled = threading.Event()

    def push(url: str) -> None:
        story.fetcher.meanwhile = lambda _: None
        story.push(page(2))
        cancelled.set()

    story.fetcher.meanwhile = push
    assert story.run(story.take(), cancelled)
    assert story.pull.states(old)["gate"] == "pending", "nothing final on the old head"
    assert story.pull.comments == {}
    (report,) = story.reports
    assert verdict(report) is Verdict.SUPERSEDED
    assert report.finished_at is not None
    story.settle()
    assert story.pull.states() == GREEN
    assert story.pull.states(old)["gate"] == "pending"
    assert [verdict(report) for report in story.reports] == [Verdict.PASSED, Verdict.SUPERSEDED]
    assert story.fetcher.asked == [links(2)[0], links(2)[1]], "what was read before the push counts"


def test_a_push_whose_delivery_is_late_is_noticed_at_the_end(story: Story) -> None:
    story.open(page(slip=True))
    old = story.pull.head
    story.fetcher.meanwhile = lambda url: story.forge.push(1, {PAGE: page()}) and None
    story.run(story.take())
    assert story.pull.states(old)["gate"] == "pending"
    assert verdict(story.reports[0]) is Verdict.SUPERSEDED
    story.fetcher.meanwhile = lambda url: None
    story.settle()
    assert story.pull.states() == GREEN


def test_a_pull_request_closed_in_the_middle_gets_no_verdict(story: Story) -> None:
    story.open(page(slip=True))

    def close(url: str) -> None:
        story.pull.state = PullState.CLOSED

    story.fetcher.meanwhile = close
    assert story.run(story.take())
    assert story.pull.states()["gate"] == "pending"
    assert story.pull.comments == {}
    assert verdict(story.reports[0]) is Verdict.SUPERSEDED
    assert story.lease() is None, "its job is over, not held for ever"
    story.deliver(Intent.CLOSED)
    story.settle()
    story.pull.state = PullState.OPEN
    story.deliver(Intent.REVIEW)
    story.settle()
    assert story.pull.states() == RED


def test_a_closed_pull_request_is_not_reviewed(story: Story) -> None:
    story.open()
    story.pull.state = PullState.MERGED
    story.settle()
    assert story.forge.writes == []
    assert story.reports == []


def test_a_stale_worker_writes_nothing(story: Story) -> None:
    story.open(page(2, slip=True))
    stale = story.take("stopped")

    def overtaken(url: str) -> None:
        story.fetcher.meanwhile = lambda _: None
        story.time += LEASE + 1
        story.run(story.take("other"))
        story.queue.beat("stopped", story.time)
        story.forge.writes.clear()

    story.fetcher.meanwhile = overtaken
    assert not story.run(stale)
    assert story.forge.writes == []
    assert story.reports[0].finished_at is not None, "nor does it undo the other's report"
    assert story.pull.states() == RED
    assert not story.queue.due(("review",), story.time), "nor does it give back what is not its own"


def test_a_run_that_is_told_to_stop_is_done_later_and_not_superseded(story: Story) -> None:
    story.open(page(2))
    stop = threading.Event()
    story.fetcher.meanwhile = lambda url: stop.set()
    lease = story.take()
    assert not story.run(lease, stop)
    assert verdict(story.reports[0]) is Verdict.RUNNING
    story.fetcher.meanwhile = lambda url: None
    again = story.take("next")
    assert (again.generation, again.attempts) == (lease.generation, 1)
    story.run(again)
    assert story.pull.states() == GREEN
    assert story.fetcher.asked == links(2), "what was read is not read again"
    assert len(story.reports) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "nth"),
    [(method, nth) for method in WRITES for nth in range(1, 6 if method == "set_check" else 2)],
)
def test_a_forge_that_fails_at_any_write_hears_nothing_twice(
    story: Story, method: str, nth: int, when: str
) -> None:
    story.forge.watch = failing(method, when, ForgeError("502"), nth)
    story.open(page(slip=True))
    story.settle()
    story.later(30)
    assert story.forge.calls.count(method) >= nth, "this write does not happen"
    assert story.pull.states() == RED
    assert len(story.pull.summaries) == 1
    assert len(story.pull.inline) == 1
    assert story.pull.labels == {NEEDS_FIX}
    assert verdict(story.reports[0]) is Verdict.FAILED
    assert len(story.reports) == 1


def test_a_forge_says_itself_when_to_come_back(story: Story) -> None:
    story.forge.watch = failing("changes", "before", ForgeError("rate limit", retry_at=NOW + 1234))
    story.open()
    story.settle()
    story.later(1200)
    assert story.pull.states()["gate"] == "pending"
    story.later(40)
    assert story.pull.states() == GREEN


def test_a_refusal_for_good_is_set_aside_and_said_in_the_report(story: Story) -> None:
    story.forge.watch = failing("changes", "before", ForgeError("403", permanent=True))
    story.open()
    story.settle()
    story.later(1e5)
    (report,) = story.reports
    assert (report.trouble, verdict(report)) == ("forge", Verdict.UNVERIFIED)
    assert report.finished_at is not None
    assert not story.store.has_final_report(story.ref, story.pull.head), "the reconciler may ask again"
    story.deliver(Intent.REVIEW)
    story.settle()
    assert story.pull.states() == GREEN


def test_a_pull_request_that_is_not_there_is_set_aside(story: Story) -> None:
    story.deliver(Intent.REVIEW, number=99)
    story.settle()
    assert story.store.figures(story.time)["jobs_parked"] == 1
    assert story.forge.calls == ["pull_request"]


def killed(story: Story, lease: Lease) -> None:
    """The process dies in the middle: nobody says anything, and the heartbeat grows old."""
    story.time += LEASE + 1


def test_downloads_finished_before_a_death_are_not_repeated(story: Story) -> None:
    class Killed(BaseException):
        pass

    def die(url: str) -> None:
        if url == links(3)[1]:
            story.fetcher.meanwhile = lambda _: None
            raise Killed

    story.fetcher.meanwhile = die
    story.open(page(3))
    lease = story.take("first")
    with pytest.raises(Killed):
        story.run(lease)
    killed(story, lease)
    again = story.take("second")
    assert (again.generation, again.token) == (1, lease.token + 1)
    story.run(again)
    assert story.fetcher.asked == [*links(3)[:2], links(3)[2]]
    assert story.pull.states() == GREEN
    assert len(story.reports) == 1


def test_a_push_reuses_what_is_verified_for_six_hours(story: Story) -> None:
    story.open(page(2))
    story.settle()
    story.push(page(3))
    story.settle()
    assert story.fetcher.asked == links(3)
    story.time += 6 * 3600 + 1
    story.push(page(3, slip=True))
    story.settle()
    assert story.fetcher.asked == [*links(3), *links(3)]


def test_what_was_verified_for_one_digest_says_nothing_of_another(story: Story) -> None:
    story.open(page())
    story.settle()
    url = links()[0]
    text = page()
    declared = next(line for line in text.splitlines() if "asset-sha256" in line).split()[-1]
    story.push(text.replace(declared, digest("another file")))
    story.settle()
    assert story.fetcher.asked == [url, url]
    assert story.pull.states() == {"format": "success", "assets": "failure", "gate": "failure"}


def test_a_recheck_that_asks_for_it_reads_everything_anew(story: Story) -> None:
    story.open(page(2))
    story.settle()
    story.say("/recheck")
    story.settle()
    assert story.fetcher.asked == links(2)
    story.say("/recheck --fresh")
    story.later(COOL_DOWN)
    assert story.fetcher.asked == [*links(2), *links(2)]


def test_a_push_before_its_turn_does_not_undo_the_wish_to_read_anew(story: Story) -> None:
    story.open(page(2))
    story.settle()
    story.say("/recheck --fresh")
    story.run(story.take())
    story.push(page(2))
    story.settle()
    assert story.fetcher.asked == [*links(2), *links(2)]
    story.push(page(2, slip=True))
    story.settle()
    assert len(story.fetcher.asked) == 4, "the wish is fulfilled once"


def test_what_kills_its_process_is_buried_honestly_and_parked(story: Story) -> None:
    story.open()
    for _ in range(MAX_ATTEMPTS):
        killed(story, story.take(f"w{story.time}"))
    story.settle()
    (report,) = story.reports
    assert (report.trouble, report.findings) == ("bot", ())
    assert report.finished_at is not None
    assert story.pull.states() == {"format": "error", "assets": "error", "gate": "error"}
    assert "our" in story.pull.summaries[0].body
    figures = story.store.figures(story.time)
    assert figures["runs_broken_total"] == 1
    assert not [name for name in figures if name.startswith("verdicts_")], "it came to none"
    story.later(1e5)
    assert len(story.reports) == 1
    assert story.store.has_final_report(story.ref, story.pull.head), "the reconciler does not dig it out"
    story.say("/recheck")
    story.settle()
    assert story.pull.states() == GREEN


def test_a_report_leads_to_the_log_by_its_id(story: Story) -> None:
    story.forge.watch = failing("changes", "before", RuntimeError("a defect"))
    with logged() as lines:
        story.open()
        story.settle()
        story.later(60)
    (report,) = story.reports
    told = [row for row in lines() if row.get("run") == report.id]
    assert all((row["job"], row["pull"]) == (f"review {story.ref}", str(story.ref)) for row in told)
    assert {row["delivery"] for row in told} == {"d0"}
    broken = [row for row in told if row["level"] == "error"]
    assert "RuntimeError: a defect" in broken[0]["error"]
    assert told[-1]["message"].endswith("is reviewed: passed")


def test_the_log_of_a_buried_run_names_its_report(story: Story) -> None:
    story.open()
    for _ in range(MAX_ATTEMPTS):
        killed(story, story.take(f"w{story.time}"))
    with logged() as lines:
        story.settle()
    (report,) = story.reports
    (row,) = (row for row in lines() if row["message"].startswith("parked"))
    assert (row["run"], row["delivery"]) == (report.id, "d0")


def test_a_run_that_gets_further_each_time_is_no_poison(story: Story) -> None:
    class Killed(BaseException):
        pass

    def die(url: str) -> None:
        raise Killed

    story.fetcher.meanwhile = die
    story.open(page(6))
    for number in range(6):
        with pytest.raises(Killed):
            story.run(story.take(f"w{number}"))
        story.time += LEASE + 1
    story.settle()
    assert story.pull.states() == GREEN
    assert story.fetcher.asked == links(6)


def test_a_push_is_not_buried_for_the_deaths_before_it(story: Story) -> None:
    story.open()
    for _ in range(MAX_ATTEMPTS):
        killed(story, story.take(f"w{story.time}"))
    story.push(page())
    story.settle()
    assert story.pull.states() == GREEN


def test_reports_of_runs_that_died_are_not_shown_as_running_for_ever(story: Story) -> None:
    story.open()
    story.forge.watch = failing("changes", "before", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        story.run(story.take("first"))
    story.push(page())
    story.time += LEASE + 1
    story.settle()
    assert [verdict(report) for report in story.reports] == [Verdict.PASSED, Verdict.SUPERSEDED]


def test_a_defect_of_ours_is_tried_three_times_then_buried(story: Story) -> None:
    def broken(when: str, method: str) -> None:
        if method == "changes":
            raise ZeroDivisionError

    story.forge.watch = broken
    story.open()
    for _ in range(6):
        story.later(1000)
    assert story.forge.calls.count("changes") == MAX_ATTEMPTS
    assert story.reports[0].trouble == "bot"
    assert story.pull.states()["gate"] == "error"


@pytest.mark.parametrize("slip", [True, False])
def test_a_dry_run_judges_and_writes_nothing(dry, slip: bool) -> None:
    story = dry()
    story.open(page(slip=slip))
    story.settle()
    story.say("/recheck")
    story.say("/status")
    story.settle()
    assert story.forge.writes == []
    assert verdict(story.reports[0]) is (Verdict.FAILED if slip else Verdict.PASSED)
    would = story.reports[0].would
    assert [
        line for line in would if line.startswith("hubbot/gate: failure" if slip else "hubbot/gate: success")
    ]
    assert any("there is nothing" in line for line in would)
    assert any(line.startswith("post the summary") for line in would)


def test_a_second_look_at_what_stands_writes_nothing_but_pending(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    story.forge.writes.clear()
    story.deliver(Intent.REVIEW)
    story.settle()
    assert {what for _, what in story.forge.writes} <= {
        *(f"hubbot/{c}=pending" for c in ("format", "assets", "gate")),
        *(f"hubbot/{c}={s}" for c, s in RED.items()),
        "summary",
    }
    assert len(story.pull.summaries) == 1
    assert len(story.pull.inline) == 1


def test_a_delivery_that_tells_of_nothing_new_changes_nothing(story: Story) -> None:
    """Whoever has seen one of Gitee's may send others for a while: none of them starts a review again."""
    story.open(page(slip=True))
    story.settle()
    story.forge.writes.clear()
    for intent in (Intent.REVIEW, Intent.CLOSED):
        story.deliver(intent)
        story.settle()
    assert story.forge.writes == []
    assert len(story.reports) == 1


def test_what_was_taken_away_meanwhile_is_put_back(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    story.pull.labels.clear()
    story.deliver(Intent.REVIEW)
    story.settle()
    assert story.pull.labels == {NEEDS_FIX}
    assert len(story.reports) == 1


REVIEWED_AGAIN = {
    "later": lambda story: setattr(story, "time", story.time + SETTLED),
    "onto another branch": lambda story: setattr(story.pull, "base_ref", "other"),
    "by request": lambda story: story.deliver(Intent.RERUN),
    "after a push": lambda story: story.forge.push(1, {PAGE: page(2)}),
}


@pytest.mark.parametrize("change", REVIEWED_AGAIN.values(), ids=REVIEWED_AGAIN)
def test_what_is_new_is_reviewed_again(story: Story, change: Callable[[Story], object]) -> None:
    story.open(page(slip=True))
    story.settle()
    change(story)
    story.deliver(Intent.REVIEW)
    story.settle()
    assert len(story.reports) >= 2
    assert story.reports[0].finished_at


def test_what_could_not_be_verified_is_tried_again_for_any_delivery(story: Story) -> None:
    story.fetcher.down = set(links())
    story.open()
    story.settle()
    story.fetcher.down = set()
    story.deliver(Intent.REVIEW)
    story.settle()
    assert story.pull.states() == GREEN


def test_a_summary_is_known_by_its_number_where_hidden_markers_do_not_survive(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    (said,) = story.pull.summaries
    story.pull.comments[said.id] = replace(said, body="What was seen, without its marker")
    assert story.pull.summaries == []
    story.push(page())
    story.settle()
    (now,) = story.pull.summaries
    assert now.id == said.id


def test_a_number_that_is_somebody_elses_comment_is_not_ours(story: Story) -> None:
    story.open(page(slip=True))
    story.settle()
    (said,) = story.pull.summaries
    story.pull.comments[said.id] = replace(said, author=AUTHOR, body="mine")
    story.push(page())
    story.settle()
    assert story.pull.comments[said.id].body == "mine"
    assert len(story.pull.summaries) == 1


def test_a_delivery_of_what_was_never_there_leaves_nothing_behind(story: Story) -> None:
    story.forge.open(1, {PAGE: page()})
    story.forge.watch = failing("pull_request", "before", NotThere("no such pull request"))
    story.deliver(Intent.REVIEW)
    story.settle()
    assert story.forge.writes == []
    assert story.reports == []
    figures = story.store.figures(story.time + 7 * 86400)
    assert (figures["jobs_parked"], figures["jobs_waiting"]) == (0, 0)


def test_a_pull_request_that_is_removed_in_the_middle_ends_its_report(story: Story) -> None:
    story.forge.watch = failing("pull_request", "before", NotThere("no such pull request"), nth=2)
    story.open()
    story.settle()
    assert story.reports[0].trouble == FORGE_REFUSED
    assert story.store.figures(story.time)["jobs_parked"] == 0
