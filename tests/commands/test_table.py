"""What is heard in a comment and what follows from it: one table, for both forges."""

from __future__ import annotations

import pytest

from bot.commands import decide, parse
from bot.commands.command import Effects, Owned, Standing
from bot.commands.decision import near_miss
from bot.commands.grammar import MAX_TEXT, READ_AT_MOST, near_misses
from bot.commands.recheck import CEILING
from bot.model import (
    Approval,
    Hold,
    Permission,
    PullRef,
    PullRequest,
    PullState,
    Report,
    Rulings,
    User,
    Waiver,
)
from rules import policy
from rules.finding import Fault, Finding, Severity, Span

NOW = 1_764_086_400.0  # 2025-11-25 16:00 UTC
SHA, OLD = "3f2a9c10" * 5, "b" * 40
PAGE, GONE = "mshub_res/assets/mindspore/1.9/googlenet.md", "mshub_res/assets/mindspore/1.8/lenet.md"
PEOPLE = {
    "author": (User(7, "alice"), Permission.READ),
    "author-maintainer": (User(7, "alice"), Permission.ADMIN),
    "maintainer": (User(20, "maintainer"), Permission.WRITE),
    "approver": (User(21, "approver"), Permission.READ),
    "reviewer": (User(22, "reviewer"), Permission.READ),
    "stranger": (User(30, "mallory`@all`"), Permission.READ),
    "namesake": (User(31, "alice"), Permission.NONE),
    "unknown": (User(20, "maintainer"), None),
    "robot": (User(40, "helper[bot]", is_bot=True), Permission.ADMIN),
}
OWNED = {
    "approver": Owned(frozenset({PAGE}), frozenset({PAGE})),
    "reviewer": Owned(frozenset(), frozenset({PAGE})),
}
NEVER = policy.default().never_waived


def finding(rule: str, path: str = PAGE, fault: Fault = Fault.CONTRIBUTOR) -> Finding:
    return Finding(rule, "x", Severity.ERROR, fault, path, Span(3, 1, 3, 5), fingerprint=f"{rule}{path}")


def report() -> Report:
    found = (finding("MSH206"), finding("MSH303"), finding("MSH504", GONE, Fault.POLICY))
    return Report(
        "run-1", PullRef("github", "mindspore/hub", 7), "t", "https://x/7", "alice", "en", SHA, OLD, NOW - 60,
        NOW - 30, (PAGE,), found, content="c" * 64,
    )  # fmt: skip


STANDING = Rulings(
    waivers=(Waiver("MSH206", "", "because", User(20, "maintainer"), SHA, NOW, id=5),),
    approvals=(Approval(User(20, "maintainer"), SHA, NOW, id=6),),
    holds=(Hold(User(20, "maintainer"), "wait", NOW, id=7, firm=True), Hold(User(7, "alice"), "", NOW, id=8)),
    never_waived=NEVER,
    judged_at=NOW,
)
NOTHING = Rulings(never_waived=NEVER, judged_at=NOW)
REASON = "reason: the vendor confirmed it"

#: Comment, who says it, and each command that is heard with what follows.
SILENT = [
    "", "thanks!", "please /recheck", " /recheck", "\t/recheck", "> /recheck", ">/waive MSH206 " + REASON,
    "> > /approve", "> somebody said\n/approve", "- /approve", "1. /approve", "* /hold", "# /approve",
    "```\n/approve\n```", "~~~\n/approve\n~~~", "````\n```\n/approve\n```\n````", "```\n/approve",
    "```text\n/waive MSH206 " + REASON + "\n```", "    /approve", "a\n\n\t/approve", "`/approve`",
    "`a\n/approve\nb`", "``/approve``", "<!-- /approve -->", "<!--\n/approve\n-->", "x <!--\n/approve\n--> y",
    "<!--\n/approve", "<details>\n/approve\n</details>", "<div>\n/approve", "<pre>\n/approve\n\n</pre>",
    "<script>\n/approve\n</script>", "[/approve](https://e.org)", "[a\n/approve\nb](https://e.org)",
    "[x]: /approve", "![a\n/approve\nb](https://e.org)", "\\/approve", "//approve", "/ approve extra-slash/",
    "／recheck/all", "\u200b/approve", "/app\u200brove", "/app\u00adrove", "\u202e/approve", "/\u0430pprove",
    "/approve/all", "https://example.org\n\n/usr/bin/approve", "/lgtm", "/lgtm cancel", "/kind bug",
    "/check-cla", "/check-pr", "/close", "/reopen", "/assign @alice", "/rebase", "/squash", "/sig data",
    "/priority high", "/test all", "/ok-to-test", "/merge", "/合并", "/cc @bob", "/retitle x",
    "/remove-kind bug",
    "a\u2028/approve", "a\x0b/approve", "a\x0c/approve", "**/approve**", "| /approve |\n|---|",
    "/approves-nothing",
    "[ ] /approve", "&#47;approve", "<b>/approve</b>", "<a href='x\n/approve\n'>", "$\\n/approve$",
    "/\napprove",
    "___\n  /approve", "\r\r \r/approve\u2029",
]  # fmt: skip
HEARD = [
    ("/recheck", "author", ["rerun all"]),
    ("/RECHECK", "author", ["rerun all"]),
    ("/retest", "author", ["rerun all"]),
    ("/重新检查", "author", ["rerun all"]),
    ("/recheck\r\n", "author", ["rerun all"]),
    ("thanks\r\n\r\n/recheck\r\nbye", "author", ["rerun all"]),
    ("a\r/recheck", "author", ["rerun all"]),
    ("> quoted\n\n/recheck", "author", ["rerun all"]),
    ("```\ncode\n```\n/recheck", "author", ["rerun all"]),
    ("<details>\n\n/recheck\n\n</details>", "author", ["rerun all"]),
    ("/recheck failed", "author", ["rerun failed"]),
    ("/recheck all --fresh", "author", ["rerun all fresh"]),
    ("/recheck —fresh", "author", ["rerun all fresh"]),
    ("/recheck msh303", "author", ["rerun rule MSH303"]),
    ("/recheck digest-mismatch", "author", ["rerun rule MSH303"]),
    (f"/recheck {PAGE}", "author", [f"rerun path {PAGE}"]),
    ("/recheck `googlenet.md` --fresh", "author", [f"rerun path {PAGE} fresh"]),
    ("/recheck now please", "author", ["refused argument"]),
    ("/recheck ../../etc/passwd", "author", ["refused argument"]),
    ("/recheck", "maintainer", ["rerun all"]),
    ("/recheck", "approver", ["rerun all"]),
    ("/recheck", "reviewer", ["rerun all"]),
    ("/recheck", "stranger", ["refused permission"]),
    ("/recheck", "namesake", ["refused permission"]),
    ("/recheck", "unknown", ["refused permission-unknown"]),
    ("/recheck", "robot", ["silence"]),
    ("/status", "stranger", ["said"]),
    ("/状态", "stranger", ["said"]),
    ("/status", "unknown", ["said"]),
    ("/status", "robot", ["silence"]),
    ("/help", "stranger", ["said"]),
    ("/帮助", "stranger", ["said"]),
    ("/explain MSH303", "stranger", ["said"]),
    ("/explain digest-mismatch", "stranger", ["said"]),
    ("/解释 msh206", "stranger", ["said"]),
    ("/说明 `MSH206`", "stranger", ["said"]),
    ("/explain", "stranger", ["refused argument"]),
    ("/explain MSH999", "stranger", ["refused argument"]),
    ("/explain MSH303 MSH206", "stranger", ["refused argument"]),
    ("/hold", "author", ["hold loose"]),
    ("/hold until the release", "maintainer", ["hold firm until the release"]),
    ("/暂停 等待发布", "reviewer", ["hold loose 等待发布"]),
    ("/hold", "author-maintainer", ["hold loose"]),
    ("/hold", "approver", ["hold firm"]),
    ("/hold", "stranger", ["refused permission"]),
    ("/hold", "unknown", ["refused permission-unknown"]),
    ("/unhold", "maintainer", ["withdrawn 7 8"]),
    ("/unhold", "author", ["withdrawn 8"]),
    ("/unhold", "author-maintainer", ["withdrawn 8"]),
    ("/取消暂停", "approver", ["withdrawn 7 8"]),
    ("/remove-hold", "maintainer", ["withdrawn 7 8"]),
    ("/hold cancel", "maintainer", ["withdrawn 7 8"]),
    ("/hold 取消", "author", ["withdrawn 8"]),
    ("/unhold", "reviewer", ["refused permission"]),
    ("/unhold", "stranger", ["refused permission"]),
    ("/approve", "maintainer", ["approved all"]),
    ("/批准", "maintainer", ["approved all"]),
    (f"/approve {SHA}", "maintainer", ["approved all"]),
    (f"/approve {SHA[:7]}", "maintainer", ["approved all"]),
    (f"/approve {SHA[:9].upper()}", "maintainer", ["approved all"]),
    (f"/approve `{SHA[:12]}`", "maintainer", ["approved all"]),
    ("/approve", "approver", [f"approved {PAGE}"]),
    ("/approve", "reviewer", ["refused permission"]),
    ("/approve", "author", ["refused permission"]),
    ("/approve", "author-maintainer", ["refused own"]),
    ("/approve", "namesake", ["refused permission"]),
    ("/approve", "unknown", ["refused permission-unknown"]),
    ("/approve", "robot", ["silence"]),
    (f"/approve {OLD}", "maintainer", ["refused sha"]),
    ("/approve 0000000", "maintainer", ["refused sha"]),
    (f"/approve {SHA[:6]}", "maintainer", ["refused argument"]),
    ("/approve it all", "maintainer", ["refused argument"]),
    ("/approve --force", "maintainer", ["refused argument"]),
    ("/approve cancel", "maintainer", ["withdrawn 6"]),
    ("/approve 取消", "maintainer", ["withdrawn 6"]),
    ("/approve CANCEL", "approver", ["refused nothing"]),
    (f"/waive MSH206 {REASON}", "maintainer", ["waived MSH206"]),
    (f"/override MSH206 {REASON}", "maintainer", ["waived MSH206"]),
    (f"/waive module-type {REASON}", "maintainer", ["waived MSH206"]),
    (f"/waive `msh206` {REASON}", "maintainer", ["waived MSH206"]),
    ("/豁免 MSH206 原因：厂商已确认", "maintainer", ["waived MSH206"]),
    ('/waive MSH206 reason: "it is right"', "maintainer", ["waived MSH206"]),
    ("/waive MSH206 the vendor says so", "maintainer", ["waived MSH206"]),
    (f"/waive MSH206 {PAGE} {REASON}", "maintainer", [f"waived MSH206 {PAGE}"]),
    (f"/waive MSH206 googlenet.md {REASON}", "maintainer", [f"waived MSH206 {PAGE}"]),
    (f"/waive MSH206 {SHA[:8]} {REASON}", "maintainer", ["waived MSH206"]),
    (f"/waive MSH206 googlenet.md {SHA[:8]} {REASON}", "maintainer", [f"waived MSH206 {PAGE}"]),
    (f"/waive MSH206 {REASON} until 2025-12-24", "maintainer", ["waived MSH206 until 1766620800"]),
    ("/waive MSH206 原因：厂商已确认 至 2025-12-24", "maintainer", ["waived MSH206 until 1766620800"]),
    (f"/waive MSH206 {REASON} until 2025-11-24", "maintainer", ["refused until"]),
    (f"/waive MSH206 {REASON} until 2027-11-24", "maintainer", ["refused until"]),
    (f"/waive MSH206 {REASON} until 2025-13-45", "maintainer", ["refused until"]),
    (f"/waive MSH504 {REASON}", "maintainer", ["waived MSH504"]),
    (f"/waive MSH504 lenet.md {REASON}", "maintainer", [f"waived MSH504 {GONE}"]),
    ("/waive MSH206", "maintainer", ["refused reason"]),
    ("/waive MSH206 reason:", "maintainer", ["refused reason"]),
    ("/waive MSH206 ok", "maintainer", ["refused reason"]),
    ("/waive", "maintainer", ["refused argument"]),
    (f"/waive everything {REASON}", "maintainer", ["refused argument"]),
    (f"/waive MSH303 {REASON}", "maintainer", ["refused never"]),
    (f"/waive file-format {REASON}", "maintainer", ["refused never"]),
    (f"/waive asset-link {REASON}", "maintainer", ["refused never"]),
    (f"/waive MSH402 {REASON}", "maintainer", ["refused nothing"]),
    (f"/waive MSH206 other.md {REASON}", "maintainer", ["refused path"]),
    (f"/waive MSH206 {OLD} {REASON}", "maintainer", ["refused sha"]),
    (f"/waive MSH206 googlenet.md {REASON}", "approver", [f"waived MSH206 {PAGE}"]),
    (f"/waive MSH206 {REASON}", "approver", ["refused permission"]),
    (f"/waive MSH504 lenet.md {REASON}", "approver", ["refused permission"]),
    (f"/waive MSH206 {REASON}", "reviewer", ["refused permission"]),
    (f"/waive MSH206 {REASON}", "author", ["refused permission"]),
    (f"/waive MSH206 {REASON}", "author-maintainer", ["refused own"]),
    (f"/waive MSH206 {REASON}", "stranger", ["refused permission"]),
    (f"/waive MSH206 {REASON}", "unknown", ["refused permission-unknown"]),
    (f"/waive MSH206 {REASON}", "robot", ["silence"]),
    ("/unwaive MSH206", "maintainer", ["withdrawn 5"]),
    ("/取消豁免 module-type", "maintainer", ["withdrawn 5"]),
    ("/unwaive MSH303", "maintainer", ["refused nothing"]),
    ("/unwaive", "maintainer", ["refused argument"]),
    ("/unwaive MSH206 a.md", "maintainer", ["refused nothing"]),
    ("/unwaive MSH206", "stranger", ["refused permission"]),
    ("/cancel", "author", ["cancel"]),
    ("/取消", "maintainer", ["cancel"]),
    ("/cancel", "stranger", ["refused permission"]),
    ("/lang zh", "author", ["language zh"]),
    ("/lang EN", "maintainer", ["language en"]),
    ("/lang 中文", "author", ["language zh"]),
    ("/语言 英文", "author", ["language en"]),
    ("/lang", "author", ["refused argument"]),
    ("/lang fr", "author", ["refused argument"]),
    ("/lang zh en", "author", ["refused argument"]),
    ("/lang zh", "stranger", ["refused permission"]),
    ("/hold\n/recheck\n/status", "author", ["hold loose", "rerun all", "said"]),
    ("/recheck\n/recheck", "author", ["rerun all"]),
    ("/lgtm\n/approve", "maintainer", ["approved all"]),
    ("/approve\n> /waive MSH206 " + REASON, "maintainer", ["approved all"]),
    ("\n".join(f"/recheck {n}" for n in range(20)), "author", ["refused argument"] * 5),
    ("x" * 20_000 + "\n/recheck", "author", []),
    ("/waive MSH206 reason: `@everyone` <b>[x](y)</b> \u202e", "maintainer", ["waived MSH206"]),
]
NEAR = [
    ("/rechek", "recheck"),
    ("/re-check", "recheck"),
    ("/reckeck all", "recheck"),
    ("/stauts", "status"),
    ("/aprove", "approve"),
    ("/approved", "approve"),
    ("/approve.", "approve"),
    ("/recheck。", "recheck"),
    ("／recheck", "recheck"),
    ("／重新检查", "recheck"),
    ("/ recheck", "recheck"),
    ("/waiver MSH206", "waive"),
    ("/overide MSH206", "waive"),
    ("/unholds", "unhold"),
    ("/explian MSH303", "explain"),
    ("/hodl", "hold"),
    ("/recehkc", "recheck"),
    ("x" * (READ_AT_MOST - 8) + "\n/rechek", "recheck"),
]
#: What the robots beside us are told, and what they do with it is theirs.
FOREIGN = (
    "lgtm kind check-cla check-pr close reopen assign unassign rebase squash priority sig remove-kind test "
    "ok-to-test cc uncc retitle milestone label remove-label lint fix build review ready draft rerun run "
    "check cherry-pick backport stage wip comment meow woof merge 合并 merged"
)


def said(effects: Effects) -> str:
    """What follows in a line, so that a table can be read."""
    if effects == Effects():
        return "silence"
    if effects.refused:
        return f"refused {effects.refused}"
    if effects.rerun is not None:
        parts = ["rerun", effects.rerun.scope.value, effects.rerun.target, "fresh" * effects.rerun.fresh]
    elif effects.waiver is not None:
        until = f"until {effects.waiver.until:.0f}" if effects.waiver.until else ""
        parts = ["waived", effects.waiver.rule, effects.waiver.path, until]
    elif effects.approval is not None:
        parts = ["approved", " ".join(effects.approval.paths) or "all"]
    elif effects.hold is not None:
        parts = ["hold", "firm" if effects.hold.firm else "loose", effects.hold.reason]
    elif effects.withdrawn:
        parts = ["withdrawn", *map(str, effects.withdrawn)]
    elif effects.language:
        parts = ["language", effects.language]
    elif effects.cancel:
        parts = ["cancel"]
    else:
        assert effects.reply
        parts = ["said"]
    return " ".join(part for part in parts if part)


def judged(text: str, who: str, forge: str, *, state: PullState = PullState.OPEN) -> list[Effects]:
    author, permission = PEOPLE[who]
    ref = PullRef(forge, "mindspore/hub", 7)
    pull = PullRequest(
        ref, "t", "b", PEOPLE["author"][0], state, False, SHA, "alice/hub", OLD, "master", 1, "https://x/7"
    )
    commands = parse(text)
    rulings = (
        STANDING if any(c.name.startswith("un") or c.text.lower() in ENDS for c in commands) else NOTHING
    )
    standing = Standing(rulings, OWNED.get(who, Owned()), NOW, busy=True)
    return [
        decide(command, author, pull, permission, report(), standing=standing, public_url="https://b")
        for command in commands
    ]


ENDS = ("cancel", "取消")
FORGES = pytest.mark.parametrize("forge", ["github", "gitee"])


def test_the_table_is_long_enough() -> None:
    assert len(SILENT) + len(HEARD) + len(NEAR) >= 150
    assert len(set(SILENT)) == len(SILENT)


@FORGES
@pytest.mark.parametrize("text", SILENT)
def test_silence(text: str, forge: str) -> None:
    assert [said(effects) for effects in judged(text, "maintainer", forge)] in ([], ["silence"])


@FORGES
@pytest.mark.parametrize(("text", "who", "expected"), HEARD)
def test_what_follows(text: str, who: str, expected: list[str], forge: str) -> None:
    effects = judged(text, who, forge)
    assert [said(one) for one in effects] == expected
    for one in effects:
        assert one == Effects() or one.reply or one.acknowledgement, "something to say without reactions"
        assert not one.refused or one.reply, "a no is never without words"
        assert bool(one.reply) == bool(one.reply_key)


@FORGES
@pytest.mark.parametrize("state", [PullState.CLOSED, PullState.MERGED])
def test_nothing_follows_on_a_pull_request_that_is_not_open(forge: str, state: PullState) -> None:
    for text, who, _ in HEARD:
        assert all(effects == Effects() for effects in judged(text, who, forge, state=state))


@pytest.mark.parametrize(("text", "meant"), NEAR)
def test_near_misses(text: str, meant: str) -> None:
    assert parse(text) == ()
    ((written, found),) = near_misses(text)
    assert found == meant
    pull = PullRequest(
        PullRef("gitee", "mindspore/hub", 7), "t", "b", PEOPLE["author"][0], PullState.OPEN, False, SHA,
        "a/b", OLD, "master", 1, "https://x/7",
    )  # fmt: skip
    answer = near_miss(written, found, PEOPLE["stranger"][0], pull, None, language="zh")
    assert f"`/{meant}`" in answer.reply
    assert answer.reply_key == "near-30"
    assert near_miss(written, found, PEOPLE["robot"][0], pull, None) == Effects()


def test_only_the_first_near_miss_is_answered() -> None:
    assert near_misses("/rechek\n/statis\n/hlep") == (("/rechek", "recheck"),)


@pytest.mark.parametrize(
    "text",
    [
        *(text for text in SILENT if not text.startswith(("/ approve", "/approves"))),
        *(
            "/lgtm",
            "/kind bug",
            "/hel",
            "/api",
            "/foo",
            "/recheck",
            "`/rechek`",
            "> /rechek",
        ),
        *("```\n/rechek\n```", "see /rechek", "/re/check", "/é", "/"),
    ],
)
def test_what_is_no_near_miss(text: str) -> None:
    assert near_misses(text) == ()


@pytest.mark.parametrize("word", [*FOREIGN.split(), "hol", "stoxus", "hol.", "cancelled-by-me"])
def test_words_of_others_are_left_alone(word: str) -> None:
    for text in (f"/{word}", f"／{word}", f"/ {word}"):
        assert near_misses(text) == ()


def test_a_comment_is_read_to_its_limit() -> None:
    assert READ_AT_MOST == 16_384
    filled = "x" * (READ_AT_MOST - len("\n/recheck"))
    assert [command.name for command in parse(f"{filled}\n/recheck")] == ["recheck"]
    assert parse(f"{filled}x\n/recheck") == ()
    (command,) = parse("/hold " + "y" * 600)
    assert command.text == "y" * MAX_TEXT
    assert (MAX_TEXT, len(command.arguments[0])) == (500, 300)


@pytest.mark.parametrize(("count", "who", "expected"), [
    (CEILING - 1, "author", "rerun all"),
    (CEILING, "author", "refused ceiling"),
    (CEILING, "author-maintainer", "refused ceiling"),
    (CEILING, "maintainer", "rerun all"),
    (CEILING, "approver", "rerun all"),
    (CEILING, "reviewer", "refused ceiling"),
])  # fmt: skip
def test_the_ceiling_of_rechecks(count: int, who: str, expected: str) -> None:
    author, permission = PEOPLE[who]
    pull = PullRequest(
        PullRef("github", "mindspore/hub", 7), "t", "b", PEOPLE["author"][0], PullState.OPEN, False, SHA,
        "a/b", OLD, "master", 1, "https://x/7",
    )  # fmt: skip
    standing = Standing(NOTHING, OWNED.get(who, Owned()), NOW, rechecks=count)
    (command,) = parse("/recheck")
    assert said(decide(command, author, pull, permission, report(), standing=standing)) == expected
