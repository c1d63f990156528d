"""Who may do what, and what follows."""

from __future__ import annotations

from typing import Any

import pytest

from bot.commands import decide, offered, parse
from bot.commands.catalogue import COMMANDS, NAMES
from bot.commands.command import Command, Effects, Rerun, Scope, Who
from bot.model import Permission, PullRef, PullRequest, PullState, Reaction, Report, User
from rules.finding import Fault, Finding, Severity, Span

AUTHOR, OTHER = User(7, "alice"), User(8, "mallory`@everyone`")
PAGE = "mshub_res/assets/mindspore/1.9/googlenet_cifar10.md"
SHA = "3f2a9c10" * 5


ANYBODY = {"/status", "/help", "/explain"}
AUTHORS = {"/recheck", "/hold", "/unhold", "/cancel", "/lang"}
MAINTAINERS = {"/approve", "/waive", "/unwaive"}


def pull(state: PullState = PullState.OPEN) -> PullRequest:
    ref = PullRef("github", "mindspore-ai/hub", 7)
    return PullRequest(
        ref, "t", "b", AUTHOR, state, False, SHA, "alice/hub", "b" * 40, "master", 1, "https://x/7"
    )


def report(**changes: Any) -> Report:
    finding = Finding("MSH303", "digest-mismatch", Severity.ERROR, Fault.CONTRIBUTOR, PAGE, Span(1, 1, 1, 2))
    known: dict[str, Any] = {
        "id": "run-1",
        "ref": pull().ref,
        "title": "t",
        "url": "https://x/7",
        "author": "alice",
        "language": "en",
        "head_sha": SHA,
        "merge_base": "a" * 40,
        "started_at": 0.0,
        "finished_at": 1.0,
        "paths": (PAGE, "mshub_res/assets/mindspore/1.8/same.md", "mshub_res/assets/mindspore/1.9/same.md"),
        "findings": (finding,),
    }
    return Report(**(known | changes))


def said(
    text: str,
    author: User = AUTHOR,
    permission: Permission | None = Permission.NONE,
    known: Report | None = None,
    state: PullState = PullState.OPEN,
    **options: Any,
) -> Effects:
    (command,) = parse(text)
    return decide(command, author, pull(state), permission, known, **options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/recheck", Rerun()),
        ("/retest", Rerun()),
        ("/重新检查", Rerun()),
        ("/recheck all", Rerun(Scope.ALL)),
        ("/recheck FAILED", Rerun(Scope.FAILED)),
        ("/recheck --fresh", Rerun(fresh=True)),
        ("/recheck —fresh failed", Rerun(Scope.FAILED, fresh=True)),
        ("/recheck msh303", Rerun(Scope.RULE, "MSH303")),
        ("/recheck digest-mismatch", Rerun(Scope.RULE, "MSH303")),
        (f"/recheck {PAGE}", Rerun(Scope.PATH, PAGE)),
        ("/recheck `googlenet_cifar10.md` --FRESH", Rerun(Scope.PATH, PAGE, True)),
        ("/recheck 1.8/same.md", Rerun(Scope.PATH, "mshub_res/assets/mindspore/1.8/same.md")),
    ],
)
def test_recheck(text: str, expected: Rerun) -> None:
    effects = said(text, known=report())
    assert (effects.rerun, effects.reaction, effects.reply) == (expected, Reaction.SEEN, "")
    assert effects.acknowledgement


@pytest.mark.parametrize(
    "words",
    [
        "please",
        "same.md",
        "googlenet",
        "all failed",
        "../../etc/passwd.md",
        "looks good to me",
        "msh3031",
        "a\u200bll",
    ],
)
def test_a_word_that_is_not_understood_is_asked_about(words: str) -> None:
    effects = said(f"/recheck {words}", known=report())
    assert effects.rerun is None
    assert (effects.reaction, effects.refused) == (Reaction.CONFUSED, "argument")
    assert "`" in effects.reply


def test_a_path_is_taken_as_it_is_before_the_first_report() -> None:
    assert said("/recheck a/b.md").rerun == Rerun(Scope.PATH, "a/b.md")
    assert said("/recheck nonsense").rerun is None


@pytest.mark.parametrize(
    ("author", "permission", "allowed"),
    [
        (AUTHOR, Permission.NONE, True),
        (AUTHOR, None, True),
        (User(7, "renamed"), Permission.NONE, True),
        (OTHER, Permission.WRITE, True),
        (OTHER, Permission.ADMIN, True),
        (OTHER, Permission.READ, False),
        (OTHER, Permission.NONE, False),
        (OTHER, None, False),
        (User(9, "alice"), Permission.READ, False),
    ],
)
def test_who_may_recheck(author: User, permission: Permission | None, allowed: bool) -> None:
    effects = said("/recheck", author, permission)
    assert (effects.rerun is not None) is allowed
    assert (effects.refused == "") is allowed
    assert bool(effects.reply) is not allowed


def test_a_refusal_is_said_once_and_says_why() -> None:
    first, again = (said("/recheck", OTHER, Permission.READ) for _ in range(2))
    assert first == again
    assert first.reply_key == "refused-8"
    assert "for the author" in first.reply
    unknown = said("/recheck", OTHER, None)
    assert unknown.refused == "permission-unknown"
    assert "not your fault" in unknown.reply


@pytest.mark.parametrize("text", ["/recheck", "/status", "/help"])
def test_robots_and_closed_pull_requests_get_silence(text: str) -> None:
    assert said(text, User(7, "robot", is_bot=True)) == Effects()
    assert said(text, state=PullState.CLOSED) == Effects()
    assert said(text, state=PullState.MERGED) == Effects()


def test_an_unknown_command_gets_silence() -> None:
    assert decide(Command("lgtm"), AUTHOR, pull(), Permission.ADMIN, None) == Effects()


@pytest.mark.parametrize(
    ("author", "permission", "usages"),
    [
        (AUTHOR, Permission.NONE, ANYBODY | AUTHORS),
        (OTHER, Permission.WRITE, ANYBODY | AUTHORS | MAINTAINERS),
        (OTHER, Permission.READ, ANYBODY),
    ],
)
def test_help_offers_what_the_reader_may_use(author: User, permission: Permission, usages: set[str]) -> None:
    reply = said("/help", author, permission).reply
    assert {spec.usage.split()[0] for spec in COMMANDS if f"`{spec.usage}`" in reply} == usages


def test_status_names_what_is_missing_and_who_can_act() -> None:
    effects = said(
        "/status", OTHER, Permission.READ, report(retry_at=1_764_087_414.0), public_url="https://b"
    )
    for part in (
        "❌ 1 problem must be fixed",
        "- ❌ 1 problem with the model files — the author",
        "- ✅ The review has finished",
        "The author can mend",
        "2025-11-25 16:16 UTC",
        "(https://b/reports/run-1)",
    ):
        assert part in effects.reply
    assert effects.reply_key == "status"


@pytest.mark.parametrize("known", [None, report(head_sha="0" * 40)])
def test_status_of_a_commit_that_was_not_reviewed(known: Report | None) -> None:
    assert "has not been reviewed yet" in said("/status", known=known).reply


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"findings": ()}, "A maintainer can merge"),
        ({"findings": (), "trouble": "forge"}, "Nobody has to do anything"),
        ({"finished_at": None}, "still running"),
        ({"findings": (), "paths": ()}, "nothing to check"),
        ({"trouble": "superseded"}, "newer commit"),
        ({"findings": (), "trouble": "bot"}, "The author or a maintainer can say `/recheck`."),
        (
            {"findings": (), "trouble": "cancelled"},
            "could be read — the author or a maintainer, with `/recheck`",
        ),
        ({"findings": ()}, "No file differs from a whole sha256"),
    ],
)
def test_status_of_each_verdict(changes: dict[str, Any], words: str) -> None:
    assert words in said("/status", known=report(**changes)).reply


def test_replies_are_in_the_language_of_the_review() -> None:
    assert "您可以使用" in said("/help", known=report(language="zh")).reply
    assert "您可以使用" in said("/help", language="zh").reply
    assert "Commands that you" in said("/help", language="fr").reply


def test_hostile_words_stay_in_code() -> None:
    reply = said("/recheck `@everyone`<b>[x](y)", known=report()).reply
    assert "`` @everyone`<b>[x](y) ``" in reply


def test_names_are_told_apart() -> None:
    words = [word for spec in COMMANDS for word in (spec.name, *spec.aliases)]
    assert len(words) == len(set(words)) == len(NAMES)
    assert not {"lgtm", "check-pr", "check-cla", "kind", "assign", "close"} & set(words)


def test_the_summary_offers_commands_by_reader() -> None:
    assert {usage.split()[0] for usage, _ in offered("en")} == ANYBODY | AUTHORS
    assert {usage.split()[0] for usage, _ in offered("zh", Who.ANYONE)} == ANYBODY
