"""The issue about published pages: worst first, within bounds, the same until something changes."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from bot.review.health import DAY, Declared, History, State
from bot.review.issue import ISSUE_LIMIT, Trouble, marker, wanted
from tests.review.test_hostile import PAYLOADS, TAGS

HUB, BOT = "gitee/mindspore/hub", "https://bot.example"
LINK = "https://files.example/a/lenet.ckpt"
NOW = 1_773_736_200.0
FIRST, SECOND, THIRD = ("a" * 64, "b" * 64, "c" * 64)


def trouble(state: State, number: int = 0, **changes: object) -> Trouble:
    link = LINK.replace("lenet", f"lenet{number}")
    known = History(
        link, FIRST, SECOND, changed_at=NOW, misses=2, first_miss=NOW, failing_since=NOW, reason="not-found"
    )
    path = f"mshub_res/assets/mindspore/1.10/lenet{number}_mnist.md"
    made = Trouble("mindspore", path, Declared(link, FIRST, "ckpt"), state, known)
    return replace(made, **changes)  # type: ignore[arg-type]  # a table's changes


def body(*troubles: Trouble, language: str = "en", public_url: str = BOT) -> str:
    return wanted(HUB, troubles, language, public_url).body


def test_nothing_left_is_a_closed_issue_that_says_so() -> None:
    for language, says in (("en", "this issue is closed"), ("zh", "此 Issue 现已关闭")):
        made = wanted(HUB, [], language, BOT)
        assert not made.is_open
        assert says in made.body
        assert made.body.startswith(f"{marker(HUB)}\n")


def test_the_worst_comes_first_and_hosts_last() -> None:
    states = [
        State.SILENT,
        State.NO_LINK,
        State.FORMAT,
        State.DEAD,
        State.UNDECLARED,
        State.DIFFERS,
        State.CHANGED,
    ]
    text = body(*(trouble(state, number) for number, state in enumerate(states)))
    titles = re.findall("^#### (.*)", text, re.MULTILINE)
    assert [title.split()[-1] for title in titles] == [
        "published", "gone", "declares", "says", "sha256", "file", "week",
    ]  # fmt: skip
    assert "lenet0_mnist" not in text  # a host that is silent is no page's trouble


def test_a_change_shows_what_is_declared_was_and_is() -> None:
    text = body(trouble(State.CHANGED, declared=Declared(LINK, THIRD, "ckpt")))
    assert [line.strip(" -") for line in text.splitlines() if line.startswith("  - ")] == [
        f"address: ` {LINK} `",
        f"declared: ` {THIRD} `",
        f"was: ` {FIRST} `",
        f"now: ` {SECOND} `",
        "since: 2026-03-17",
    ]


def test_a_miss_more_or_another_look_changes_no_letter() -> None:
    one = trouble(State.DEAD)
    assert one.history is not None
    later = replace(one.history, misses=5, last_miss=NOW + 9 * DAY, seen_at=NOW + 9 * DAY, checked_at=NOW)
    assert body(replace(one, history=later)) == body(one)


def test_pages_stand_below_their_publisher_whatever_their_order() -> None:
    troubles = [trouble(State.CHANGED, number, publisher=f"p{number % 2}") for number in range(4)]
    assert body(*troubles) == body(*reversed(troubles))
    assert body(*troubles).count("**` p0 `**") == 1


def test_without_an_address_of_ours_there_are_no_links() -> None:
    assert "](" not in body(trouble(State.CHANGED), public_url="")
    assert f"]({BOT}/hub/mindspore/1.10/lenet0_mnist?repo={HUB})" in body(trouble(State.CHANGED))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("state", [State.CHANGED, State.DEAD, State.UNDECLARED, State.SILENT])
def test_a_whole_hub_in_trouble_fits(state: State, language: str) -> None:
    many = [
        trouble(
            state, number, declared=Declared(f"https://h{number}.example/x", "", ""), publisher=f"p{number}"
        )
        for number in range(3_000)
    ]
    text = body(*many, trouble(State.FORMAT, 9_999), language=language)
    assert len(text.encode()) <= ISSUE_LIMIT
    assert "3000" in text
    assert "lenet9999_mnist" in text  # what comes later keeps its room
    assert re.search(r"(and|还有) \d+ ", text)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_pages_stay_text(payload: str) -> None:
    troubles = [
        Trouble(
            payload,
            payload,
            Declared(link, payload, payload),
            state,
            History(link, FIRST, payload, reason=payload),
        )
        for state in (State.CHANGED, State.DEAD, State.DIFFERS, State.FORMAT, State.UNDECLARED, State.NO_LINK)
        for link in (payload, f"https://h.example/{payload}", "http://[x/y")
    ]
    text = body(*troubles)
    html = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    tree = ET.fromstring(f"<x>{html}</x>")
    assert {each.tag for each in tree.iter()} <= TAGS
    assert {each.get("href", "").startswith(f"{BOT}/hub") for each in tree.iter("a")} == {True}


def test_an_address_keeps_its_secrets() -> None:
    link = "https://user:pass@files.example/x.ckpt?sign=secret"
    text = body(*(trouble(state, declared=Declared(link, FIRST, "ckpt")) for state in State))
    assert "pass" not in text
    assert "secret" not in text
