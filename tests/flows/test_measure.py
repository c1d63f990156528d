"""What is verified once is not read again where its host confirms it, and says where it comes from."""

from __future__ import annotations

from contextlib import closing

import pytest

from bot.flows.measure import CONFIRMED_FOR, FRESH_FOR, MOST_TENSORS
from bot.flows.review import RETRIES
from bot.hosts import Closed, Courtesy, Slot
from bot.model import Intent, PullRef, PullState, Report
from bot.review.report import Verdict, verdict
from bot.store.hosts import SharedHosts
from rules.facts import RemoteFile, RemoteState, Tensor
from rules.finding import Fault
from tests.flows.forge import REPO
from tests.flows.story import NOW, PAGE, Story, digest, links, page

OTHER = PullRef("github", REPO, 2)
HOUR = 3600.0


def second(story: Story, text: str) -> Report:
    """Another pull request with the same page, an hour later, when the first is closed."""
    story.time += HOUR
    story.pull.state = PullState.CLOSED
    story.fetcher.asked.clear()
    story.forge.open(2, {PAGE: text})
    story.deliver(Intent.REVIEW, number=2)
    story.settle()
    return story.store.reports(OTHER)[0]


@pytest.fixture
def told(story: Story) -> Story:
    """A first pull request was verified."""
    story.open(page(2))
    story.settle()
    return story


def test_another_pull_request_asks_for_confirmation_only(told: Story) -> None:
    report = second(told, page(2))
    assert verdict(report) is Verdict.PASSED
    assert set(told.fetcher.known) == set(links(2))
    for file in report.files:
        assert file.read_for == "#1"
        assert file.confirmed_at == pytest.approx(told.time, abs=1)
        assert file.measured_at < told.time - HOUR / 2


def test_a_pull_request_of_another_repository_is_not_named(told: Story) -> None:
    with told.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE verified SET pull = 'github/secret/hub/9'")
    assert [file.read_for for file in second(told, page(2)).files] == ["", ""]


def test_another_digest_is_not_remembered(told: Story) -> None:
    url = links()[0]
    report = second(told, page().replace(digest(url), "0" * 64))
    assert told.fetcher.known == {}
    assert verdict(report) is Verdict.FAILED


def test_memory_ends(told: Story) -> None:
    told.time += CONFIRMED_FOR
    second(told, page(2))
    assert told.fetcher.known == {}


def test_a_recheck_that_asks_for_it_remembers_nothing(told: Story) -> None:
    told.time += FRESH_FOR
    told.say("/recheck --fresh")
    told.settle()
    assert told.fetcher.known == {}
    told.time += FRESH_FOR
    told.say("/recheck")
    told.settle()
    assert set(told.fetcher.known) == set(links(2))


def test_what_failed_is_not_remembered(story: Story) -> None:
    story.fetcher.down.add(links(2)[0])
    story.open(page(2))
    story.settle()
    second(story, page(2))
    assert set(story.fetcher.known) == {links(2)[1]}


def test_the_next_try_waits_until_the_host_wants_it(story: Story) -> None:
    story.fetcher.down.add(links()[0])
    story.fetcher.retry_at = NOW + 2 * HOUR
    story.open()
    story.settle()
    assert story.reports[0].retry_at == NOW + 2 * HOUR
    story.fetcher.retry_at = story.time
    story.say("/recheck")
    story.settle()
    assert story.reports[0].retry_at == pytest.approx(story.time + RETRIES[1], abs=1)


def test_a_report_keeps_no_more_tensors_than_people_read(story: Story) -> None:
    many = tuple(Tensor(f"layer{n}.weight", "Float32", (3, 3)) for n in range(MOST_TENSORS // 2 + 1))
    story.fetcher.tensors = many
    story.open(page(2))
    story.settle()
    assert [len(file.tensors) for file in story.reports[0].files] == [len(many), 0]
    assert [file.tensor_count for file in story.reports[0].files] == [len(many)] * 2


@pytest.mark.parametrize(("reason", "tried"), [("connect", True), ("rate-limited", False)])
def test_a_recheck_lets_a_closed_host_be_tried(story: Story, reason: str, tried: bool) -> None:
    url = links()[0]
    host = url.split("/")[2]
    hosts = SharedHosts(story.store.engine, Courtesy(failures=1), lambda: story.time)
    with closing(hosts):
        story.fetcher.down.add(url)
        story.fetcher.reason = reason
        story.open()
        story.settle()
        slot = hosts.take(host, "run")
        assert isinstance(slot, Slot)
        hosts.free(slot, RemoteFile(url, RemoteState.UNVERIFIED, reason="connect", fault=Fault.HOST))
        assert isinstance(hosts.take(host, "run"), Closed)
        story.say("/recheck")
        story.settle()
        assert isinstance(hosts.take(host, "run"), Slot) is tried
