"""What approvals, waivers and holds do to the gate, over every combination of what may be missing."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import (
    Approval,
    ChangedFile,
    ChangeKind,
    Condition,
    Hold,
    Report,
    Rulings,
    TreeEntry,
    User,
    Waiver,
)
from bot.review import approvals, gate, ruled, waivers
from bot.review.checks import checks
from bot.review.gate import conditions, is_open, unmet
from bot.review.plan import plan
from bot.review.report import Verdict, from_json, to_json, verdict
from rules import policy
from rules.facts import RemoteState
from rules.finding import Fault, Finding, Severity

ANN, BOB, EVE = User(1, "ann"), User(2, "bob"), User(3, "eve")
NEVER = policy.default().never_waived
NOW = 1_764_086_500.0


def waiver(make: Any, rule: str = "MSH206", **changes: Any) -> Waiver:
    return replace(Waiver(rule, "", "a good reason", ANN, make.sha, NOW), **changes)


def approval(make: Any, by: User = ANN, **changes: Any) -> Approval:
    return replace(Approval(by, make.sha, NOW), **changes)


def rulings(**changes: Any) -> Rulings:
    return replace(Rulings(never_waived=NEVER, judged_at=NOW), **changes)


#: One thing that closes the gate, and the condition that says so.
CLOSERS = (
    "finished", "complete", "known", "format", "assets", "measured", "digests", "fresh", "decided",
    "approved", "free",
)  # fmt: skip


def closed_by(make: Any, names: frozenset[str]) -> Report:
    """A report in which exactly the conditions of `names` are not met."""
    files = [make.file(measured_at=0.0 if "fresh" in names else NOW)]
    if "digests" in names:
        files = [replace(files[0], sha256=make.observed)]
    found: list[Finding] = []
    if "known" in names:
        found.append(make.finding("MSH305", fault=Fault.HOST))
    if "format" in names:
        found.append(make.finding("MSH206"))
    if "assets" in names:
        found.append(make.finding("MSH303"))
    if "decided" in names:
        found.append(make.finding("MSH504", fault=Fault.POLICY))
    return make.report(
        finished_at=None if "finished" in names else NOW,
        trouble="counts" if "complete" in names else "",
        findings=tuple(found),
        files=tuple(files),
        wanted=2 if "measured" in names else 1,
        rulings=rulings(
            fresh_for=3600.0,
            approvals_needed=1 if "approved" in names else 0,
            holds=(Hold(BOB, "", NOW),) if "free" in names else (),
        ),
    )


@pytest.mark.parametrize("several", range(4))
def test_every_combination_of_what_is_missing(make: Any, several: int) -> None:
    """All 2,048, in four parts: exactly the named conditions are unmet, and only none of them opens."""
    for number, chosen in enumerate(product((False, True), repeat=len(CLOSERS))):
        if number % 4 != several:
            continue
        names = frozenset(name for name, is_missing in zip(CLOSERS, chosen, strict=True) if is_missing)
        report = closed_by(make, names)
        given_ = conditions(report)
        assert unmet(report) == names
        assert is_open(given_) is (not names)
        assert (verdict(report) is Verdict.PASSED) is (not names)
        assert [condition.name for condition in given_] == list(CLOSERS)


@pytest.mark.parametrize("name", CLOSERS)
def test_the_numbers_of_a_condition_are_those_of_its_sentence(make: Any, name: str) -> None:
    (condition,) = [c for c in conditions(closed_by(make, frozenset({name}))) if c.name == name]
    expected = {
        "finished": {}, "complete": {"trouble": "counts"}, "measured": {"measured": "1", "wanted": "2"},
    }  # fmt: skip
    assert condition.values == expected.get(name, {"count": "1"})
    assert {c.values.get("count", "0") for c in conditions(closed_by(make, frozenset()))} == {"0"}


RULES = ("MSH206", "MSH303", "MSH305", "MSH504", "MSH101", "MSH402")


@given(st.data())
def test_an_open_gate_has_an_answer_for_everything(make: Any, data: st.DataObject) -> None:
    """Said again in other words than the code's, over findings, waivers, approvals and holds of any kind."""
    paths = ("a.md", "b.md")
    found = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(RULES),
                st.sampled_from(Severity),
                st.sampled_from(Fault),
                st.sampled_from(paths),
            ),
            max_size=4,
        )
    )
    given_waivers = data.draw(
        st.lists(
            st.builds(
                lambda rule, path, sha, until: waiver(make, rule, path=path, head_sha=sha, until=until),
                st.sampled_from(RULES),
                st.sampled_from(("", *paths)),
                st.sampled_from((make.sha, "old")),
                st.sampled_from((None, NOW - 1, NOW, NOW + 1)),
            ),
            max_size=3,
        )
    )
    approved = data.draw(
        st.lists(
            st.builds(
                lambda by, sha, scope: approval(make, by, head_sha=sha, paths=scope),
                st.sampled_from((ANN, BOB)),
                st.sampled_from((make.sha, "old", "")),
                st.sampled_from(((), ("a.md",))),
            ),
            max_size=3,
        )
    )
    needed = data.draw(st.integers(0, 2))
    holds = data.draw(st.lists(st.just(Hold(EVE, "", NOW)), max_size=1))
    report = make.report(
        paths=paths,
        findings=tuple(make.finding(r, s, f, path=p) for r, s, f, p in found),
        rulings=rulings(
            waivers=tuple(given_waivers),
            approvals=tuple(approved),
            holds=tuple(holds),
            approvals_needed=needed,
        ),
    )
    good = [one for one in approved if one.head_sha == make.sha]

    def people(path: str) -> int:
        return len({one.by.id for one in good if not one.paths or path in one.paths})

    def is_answered(rule: str, severity: Severity, fault: Fault, path: str) -> bool:
        if fault in (Fault.HOST, Fault.FORGE, Fault.BOT):
            return False
        is_waived = rule not in NEVER and any(
            w.rule == rule
            and w.path in ("", path)
            and w.head_sha == make.sha
            and (w.until is None or w.until > NOW)
            for w in given_waivers
        )
        return is_waived or severity is not Severity.ERROR or (fault is Fault.POLICY and people(path) > 0)

    expected = (
        all(is_answered(*one) for one in found)
        and not holds
        and all(people(path) >= needed for path in paths)
    )
    assert is_open(conditions(report)) is expected
    assert from_json(to_json(report)).rulings == report.rulings


# Waivers.


def test_a_waiver_covers_its_rule_and_path_only(make: Any) -> None:
    one, two = make.finding("MSH206", path="a.md"), make.finding("MSH206", path="b.md")
    report = make.report(findings=(one, two), rulings=rulings(waivers=(waiver(make, path="a.md"),)))
    assert [found.finding for found in waivers.waived(report)] == [one]
    assert waivers.open_findings(report) == (two,)
    assert waivers.unused(report) == ()
    other = make.report(findings=(one,), rulings=rulings(waivers=(waiver(make, "MSH402"),)))
    assert waivers.unused(other) == other.rulings.waivers


@pytest.mark.parametrize("rule", NEVER)
def test_some_rules_are_never_waived(make: Any, rule: str) -> None:
    report = make.report(findings=(make.finding(rule),), rulings=rulings(waivers=(waiver(make, rule),)))
    assert not is_open(conditions(report))
    assert waivers.waived(report) == ()


@pytest.mark.parametrize("fault", [Fault.HOST, Fault.FORGE, Fault.BOT])
def test_what_is_not_known_is_not_waived(make: Any, fault: Fault) -> None:
    found = make.finding("MSH206", fault=fault)
    report = make.report(findings=(found,), rulings=rulings(waivers=(waiver(make),)))
    assert unmet(report) == {"known"}


@pytest.mark.parametrize(
    ("until", "is_over"), [(None, False), (NOW, True), (NOW - 1, True), (NOW + 1, False)]
)
def test_a_waiver_ends_at_its_moment(make: Any, until: float | None, is_over: bool) -> None:
    given_ = waiver(make, until=until)
    assert waivers.is_expired(given_, NOW) is is_over
    report = make.report(findings=(make.finding(),), rulings=rulings(waivers=(given_,)))
    assert is_open(conditions(report)) is not is_over
    assert (waivers.unused(report) == (given_,)) is is_over


def test_a_bound_waiver_follows_what_it_was_about(make: Any) -> None:
    before = make.report(findings=(make.finding(mark="x", value="one"),))
    bound = waivers.bound(waiver(make), before)
    assert bound.fingerprints == (waivers.print_of(before.findings[0]),)
    assert waivers.bound(bound, before) == bound
    assert waivers.bound(waiver(make, head_sha="0" * 40), before).fingerprints == ()
    moved = make.report(head_sha="d" * 40, findings=(make.finding(line=99, mark="x", value="one"),))
    moved = replace(moved, findings=(replace(moved.findings[0], fingerprint=before.findings[0].fingerprint),))
    assert is_open(conditions(replace(moved, rulings=rulings(waivers=(bound,)))))
    other = replace(moved, findings=(replace(moved.findings[0], values={"value": "two"}),))
    assert not is_open(conditions(replace(other, rulings=rulings(waivers=(bound,)))))
    assert not is_open(conditions(replace(moved, rulings=rulings(waivers=(waiver(make),)))))


def test_a_waived_finding_is_said_once_and_asks_for_nothing(make: Any, words: Any) -> None:
    report = make.report(findings=(make.finding(),), rulings=rulings(waivers=(waiver(make),)))
    assert {check.state.value for check in checks(report)} == {"success"}
    made = plan(report, posted_nothing(), {make.page: "@@ -0,0 +1,40 @@\n" + "+x\n" * 40}, words=words)
    assert made.inline == ()
    assert made.add_labels == ("hubbot:verified", "hubbot:waived")
    assert made.summary is not None
    assert "a good reason" in made.summary
    assert "must fix" not in made.summary


def posted_nothing() -> Any:
    from bot.model import Posted

    return Posted()


# Approvals.


@pytest.mark.parametrize(
    ("changes", "is_kept"),
    [
        ({}, True),
        ({"head_sha": "d" * 40}, False),
        ({"head_sha": "d" * 40, "content": "c" * 64}, True),
        ({"head_sha": "d" * 40, "content": "e" * 64}, False),
        ({"head_sha": "", "content": "c" * 64}, False),
    ],
)
def test_an_approval_is_of_a_head_or_of_the_same_content(
    make: Any, changes: dict[str, Any], is_kept: bool
) -> None:
    report = make.report(content="c" * 64, rulings=rulings(approvals_needed=1))
    given_ = approval(make, **changes)
    report = replace(report, rulings=replace(report.rulings, approvals=(given_,)))
    assert approvals.holds(given_, report) is is_kept
    assert is_open(conditions(report)) is is_kept
    assert (approvals.void(report) == (given_,)) is not is_kept
    assert not approvals.holds(given_, replace(report, head_sha=""))


def test_no_content_is_no_content(make: Any) -> None:
    given_ = approval(make, head_sha="d" * 40, content="")
    assert not approvals.holds(given_, make.report(content=""))
    bound = approvals.bound(approval(make), make.report(content="c" * 64))
    assert bound.content == "c" * 64
    assert approvals.bound(given_, make.report(content="c" * 64)) == given_
    assert approvals.bound(bound, make.report(content="")) == bound


def test_each_page_needs_its_own_approvers(make: Any) -> None:
    report = make.report(
        paths=("a.md", "b.md"),
        rulings=rulings(
            approvals_needed=2,
            approvals=(approval(make, ANN), approval(make, BOB, paths=("a.md",)), approval(make, ANN)),
        ),
    )
    assert approvals.approvers("a.md", report) == {1, 2}
    assert approvals.approvers("b.md", report) == {1}
    assert approvals.missing(report) == 1
    (condition,) = [c for c in conditions(report) if c.name == gate.APPROVED]
    assert condition == Condition("approved", False, {"count": "1"})


def test_a_removed_page_needs_approval_as_well(make: Any) -> None:
    gone = make.finding("MSH504", Severity.NOTICE, Fault.POLICY, path="gone.md")
    report = make.report(paths=(), findings=(gone,), rulings=rulings(approvals_needed=1))
    assert approvals.missing(report) == 1
    assert approvals.missing(make.report(paths=(), rulings=rulings(approvals_needed=1))) == 0


def test_content_is_every_path_with_its_object() -> None:
    def changed(path: str, oid: str | None, mode: str = "100644") -> ChangedFile:
        head = TreeEntry(mode, oid) if oid else None
        return ChangedFile(path, ChangeKind.MODIFIED, head, None)

    files = (changed("a", "1"), changed("b", None))
    digest = approvals.content(files)
    assert digest == approvals.content(files[::-1])
    others = [
        files[:1],
        (changed("a", "2"), files[1]),
        (changed("a", "1", "100755"), files[1]),
        (files[0], changed("b", "1")),
        (*files, changed("c", "1")),
        (),
    ]
    assert len({digest, *map(approvals.content, others)}) == len(others) + 1


# What is shown.


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_gates_line_names_every_reason(make: Any, lang: str) -> None:
    words = {
        "en": ("1 must fix", "on hold", "approval missing"),
        "zh": ("1 处必须修改", "已暂停合入", "缺少批准"),
    }
    report = closed_by(make, frozenset({"format", "approved", "free", "decided", "measured"}))
    title = checks(report)[2].title
    assert len(title) <= 140
    assert title.startswith("1 must fix / ")
    if lang == "en":
        short = closed_by(make, frozenset({"approved", "free"}))
        assert [word in checks(short)[2].title for word in words["en"]] == [False, True, True]
        assert all(word in checks(short)[2].title for word in words["zh"][1:])


def test_hostile_reasons_stay_in_code(make: Any) -> None:
    given_ = waiver(make, reason="`@all` <b>\n# x", by=User(9, "a`b"))
    report = make.report(
        findings=(make.finding(),),
        rulings=rulings(waivers=(given_,), holds=(Hold(BOB, "[x](y)", NOW),), approvals=(approval(make),)),
    )
    lines = ruled.lines(report, "en")
    assert len(lines) == 3
    assert r"`` `@all` <b>\n# x ``" in "\n".join(lines)
    assert "` [x](y) `" in "\n".join(lines)


def test_labels_follow_the_decisions(make: Any) -> None:
    assert ruled.labels(make.report()) == frozenset()
    held = make.report(rulings=rulings(holds=(Hold(BOB, "", NOW),)))
    assert ruled.labels(held) == {"hubbot:hold"}
    assert ruled.labels(make.report(wanted=2, rulings=rulings(escalated=True))) == {"hubbot:escalated"}
    assert ruled.labels(make.report(rulings=rulings(escalated=True))) == frozenset(), "it is verified now"


def test_a_digest_that_was_not_observed_is_no_other_digest(make: Any) -> None:
    file = make.file(RemoteState.UNVERIFIED, sha256="")
    assert unmet(make.report(files=(file,))) == {"measured"}


def test_freshness_is_measured_at_the_moment_of_judging(make: Any) -> None:
    file = make.file(RemoteState.MEASURED, measured_at=NOW - 10)
    for lasts, is_fresh in ((None, True), (10.0, True), (9.9, False)):
        report = make.report(files=(file,), rulings=rulings(fresh_for=lasts))
        assert gate.is_fresh(file, report) is is_fresh
        assert is_open(conditions(report)) is is_fresh
