"""Every way in which something can fail has its page, in both languages, with the words shown then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient

from bot.commands.command import CATALOGUE as REPLIES
from bot.model import Condition
from bot.review import gate
from bot.review.sentences import CATALOGUE as SAID
from bot.web import failures
from bot.web.app import create_app
from bot.web.language import knows
from bot.web.words import installed
from rules.artifacts.m305_link_unreachable import UNVERIFIED, WRONG, case
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault
from rules.words import words
from tests.web.worlds import MemoryWorld, finding, samples

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh")
SOURCE = yaml.safe_load((ROOT / "bot/web/failures.yaml").read_text(encoding="utf-8"))
ENTRIES = {name: entry for entries in SOURCE.values() for name, entry in entries.items()}
REFERENCES = {reference for entry in ENTRIES.values() for reference in entry["see"]}
#: What the bot answers when a command was obeyed, parts of `/status`, and the lines of `/help`: no failures.
OBEYED = {
    "help_intro", "help_given", "explain_more", "approved", "approval_withdrawn", "held", "unheld", "waived",
    "unwaived", "language_set", "merge_wished", "status_given", "status_retry", "status_report",
    "status_decisions", "acts_running", "acts_passed", "acts_failed", "acts_unverified",
    "acts_nothing_to_check", "acts_superseded",
}  # fmt: skip


def keys(catalogue: dict[str, object], prefix: str) -> set[str]:
    return {key for key in catalogue if key.startswith(prefix)}


def test_every_end_of_a_download_has_its_page() -> None:
    messages = words("MSH305", "en")["message"]
    assert isinstance(messages, dict)
    assert {f"link:{variant}" for variant in messages} <= REFERENCES


@pytest.mark.parametrize(
    "reason",
    sorted(set(re.findall(r'(?:Trouble|Refused)\(\s*"([a-z-]+)"', "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "bot/downloads").glob("*.py")
    ))) | {*WRONG, *UNVERIFIED, "status-503", "status-403", "endless-body"}),
)  # fmt: skip
def test_every_reason_that_the_downloads_give_leads_to_one(reason: str) -> None:
    """Whichever state it comes in; the reasons are read from the code that gives them."""
    for state in (RemoteState.WRONG, RemoteState.UNVERIFIED, RemoteState.CHANGING):
        variant, fault = case(RemoteFile("https://x.org/a", state, reason=reason, fault=None))
        found = finding("MSH305", "link-unreachable", 36, fault=fault, variant=variant)
        assert failures.of_finding(found) in ENTRIES
    ours = case(RemoteFile("https://x.org/a", RemoteState.UNVERIFIED, reason=reason, fault=Fault.BOT))
    assert ours[0] == "ours"


def test_every_condition_of_the_gate_has_its_page_and_says_whose_turn_it_is() -> None:
    assert {failures.of_condition(name) for name in gate.REQUIRED} <= set(ENTRIES)
    assert len({failures.of_condition(name) for name in gate.REQUIRED}) == len(gate.REQUIRED)
    assert failures.of_condition("a-word-of-another-version") == ""
    for name in gate.REQUIRED:
        turn = ENTRIES[failures.of_condition(name)]["turn"]
        wanted = "maintainer" if name in gate.MAINTAINERS else "nobody" if name in gate.NOBODYS else "author"
        assert turn == wanted, name


def test_every_trouble_of_a_run_and_every_refusal_of_a_command_has_its_page() -> None:
    said = dict(SAID.sentences["en"])
    assert {f"said:{key}" for key in keys(said, "trouble_")} <= REFERENCES
    assert {f"said:{key}" for key in keys(said, "outage_down") | keys(said, "outage_busy")} <= REFERENCES
    refusals = {key for key in REPLIES.sentences["en"] if not key.startswith("help_")} - OBEYED
    assert {f"reply:{key}" for key in refusals} <= REFERENCES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_words_are_those_of_the_catalogues(lang: str) -> None:
    """So a page cannot quote what is no longer said; a reference that leads nowhere raises."""
    for failure in failures.failures(lang):
        assert all(failure.seen)
        assert all("{" in words or words == words.strip() for words in failure.seen)
        text = (
            ROOT / "docs" / ("failures" if lang == "en" else "failures/zh") / f"{failure.name}.md"
        ).read_text(encoding="utf-8")
        assert all(words in text for words in (*failure.seen, failure.cause, failure.fix, *failure.run))
    assert failures.quoted("reply:refused_unknown", lang) == REPLIES.sentences[lang]["refused_unknown"]
    with pytest.raises(KeyError):
        failures.quoted("said:no_such_words", lang)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_whole_and_in_both_languages(name: str) -> None:
    entry = ENTRIES[name]
    assert set(entry) == {"see", "turn", "run", "en", "zh"}
    assert knows(f"failures.turn.{entry['turn']}")
    assert entry["see"]
    for lang in LANGUAGES:
        assert set(entry[lang]) == {"title", "cause", "fix"}
        assert all(entry[lang].values())
    assert re.search(r"[\u4e00-\u9fff]", "".join(entry["zh"].values()))
    assert not re.search(r"[\u4e00-\u9fff]", "".join(entry["en"].values()))
    if entry["turn"] == "nobody":
        assert "your fault" not in entry["en"]["cause"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_commands_that_are_advised_exist(lang: str) -> None:
    from bot.cli.main import COMMANDS
    from bot.commands.catalogue import COMMANDS as SPECS

    known = {spec.name for spec in SPECS}
    for failure in failures.failures(lang):
        for command in failure.run:
            first, _, rest = command.partition(" ")
            if first.startswith("/"):
                assert first[1:] in known, command
            elif first == "hubbot":
                assert rest.split()[0] in COMMANDS, command
            else:
                assert first in ("git", "curl", "openssl"), command


@pytest.fixture
def real(world: MemoryWorld) -> Iterator[FlaskClient]:
    """A client of an application that speaks with the installed words."""
    with create_app(world, installed()).test_client() as made:
        yield made


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_are_served_and_linked(real: FlaskClient, lang: str) -> None:
    listing = real.get(f"/failures?lang={lang}").get_data(as_text=True)
    for failure in failures.failures(lang):
        assert f'href="/failures/{failure.name}"' in listing
        shown = real.get(f"/failures/{failure.name}?lang={lang}")
        assert shown.status_code == 200
        assert f"<h1>{failure.title}</h1>" in shown.get_data(as_text=True).replace("&#39;", "'")
    assert real.get("/failures/no-such").status_code == 404
    assert real.get("/failures/<script>").status_code == 404
    assert 'href="/failures/dns"' in real.get(f"/rules/MSH305?lang={lang}").get_data(as_text=True)
    assert "/failures/dns" not in real.get(f"/rules/MSH303?lang={lang}").get_data(as_text=True)


def test_a_report_leads_to_the_page_of_what_keeps_it(world: MemoryWorld, real: FlaskClient) -> None:
    refused = finding("MSH305", "link-unreachable", 36, fault=Fault.HOST, variant="rate-limited")
    other = finding("MSH206", "module-type", 9)
    report = replace(samples()["unverified"], findings=(refused, other))
    report = replace(report, conditions=(Condition("known", False), Condition("format", True)))
    world.runs.append(report)
    shown = real.get(f"/reports/{report.id}?lang=en").get_data(as_text=True)
    assert sorted(re.findall(r'href="/failures/([^"]+)"', shown)) == ["gate-known", "rate-limited"]
