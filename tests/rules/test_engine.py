"""What is measured, what counts as untouched, and what happens when a rule fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rules import engine, policy, words
from rules.facts import Facts, RemoteFile, RemoteState, TreeAsset
from rules.finding import Fault, Finding, Problem, Severity
from rules.page import Page
from rules.rule import Context, Levels, Rule, Subject, catalogue, find, levels

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]
LINK = "https://download.mindspore.cn/models/r1.10/lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OTHER = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
TWIN = "mshub_res/assets/mindspore/1.10/other_mnist.md"


def run(*subjects: Subject, **facts: object) -> list[Finding]:
    return engine.check(subjects, Facts(**facts), policy.default())  # type: ignore[arg-type]  # by name


def test_the_sound_page_has_no_findings(make: Make, judge: Judge) -> None:
    assert judge(make()) == []


def test_each_address_is_wanted_once(make: Make) -> None:
    page = make()
    (wanted,) = engine.wanted([page, page, make(path=TWIN)])
    assert (wanted.url, wanted.sha256, wanted.file_format) == (LINK, DIGEST, "ckpt")


@pytest.mark.parametrize(
    "link",
    [
        "ftp://a.b/c.ckpt",
        "file:///etc/passwd",
        "https://me:pw@a.b/c",
        "https://a b/c",
        "c.ckpt",
        "",
        "//a.b/c",
    ],
)
def test_what_is_no_address_is_not_wanted(make: Make, link: str) -> None:
    assert engine.wanted([make((LINK, link))]) == ()


def test_tree_assets(make: Make) -> None:
    assert engine.tree_assets(make(path=TWIN)) == (TreeAsset(TWIN, LINK, DIGEST),)


def test_a_new_problem_weighs_more_than_one_that_the_base_has_too(make: Make, judge: Judge) -> None:
    short = ((DIGEST, DIGEST[:8]),)
    cases = [
        (judge(make(*short)), Severity.ERROR),
        (judge(make(*short), changed=False), Severity.NOTICE),
        (judge(make(*short), base=make(*short)), Severity.NOTICE),
        (judge(make(*short), base=make()), Severity.ERROR),
        (judge(make(*short), base=make((DIGEST, DIGEST[:9]))), Severity.ERROR),
    ]
    assert [[finding.severity for finding in found] for found, _ in cases] == [
        [weight] for _, weight in cases
    ]


def test_lines_and_entries_put_before_it_do_not_make_a_problem_new(make: Make, judge: Judge) -> None:
    base = make((DIGEST, DIGEST[:8]))
    entry = f"asset:\n\n-\n    file-format: ckpt\n    asset-link: <{LINK}x.ckpt>\n    asset-sha256: {OTHER}\n"
    page = make((DIGEST, DIGEST[:8]), ("asset:\n", entry), ("# LeNet\n", "# LeNet\n\n"))
    (finding,) = judge(page, "MSH302", base=base)
    assert finding.key == "asset[1].asset-sha256"
    assert finding.severity is Severity.NOTICE
    (before,) = judge(base, "MSH302")
    assert finding.fingerprint == before.fingerprint


def test_two_problems_that_are_alike_have_two_fingerprints(make: Make, judge: Judge) -> None:
    page = make(("license: Apache2.0", "license: Apache2.0\nlicense: Apache2.0\nlicense: Apache2.0"))
    first, second = judge(page, "MSH203")
    assert first.fingerprint != second.fingerprint


def test_a_failing_rule_becomes_a_finding_and_silences_no_other(make: Make) -> None:
    def fail(_page: Page, _context: Context) -> Iterator[Problem]:
        raise RuntimeError("secret")

    broken = Rule("MSH999", "broken", fail, levels("off", "notice"), Fault.CONTRIBUTOR, "")
    subject = Subject(make(("author: MindSpore team", "author:")), changed=False)
    found = engine.check([subject], Facts(), policy.default(), [broken, *catalogue()])
    assert [(one.rule, one.fault, one.severity) for one in found] == [
        ("MSH001", Fault.BOT, Severity.ERROR),
        ("MSH201", Fault.CONTRIBUTOR, Severity.WARNING),
    ]
    assert "MSH999" in words.message(found[0], "en")
    assert "secret" not in words.message(found[0], "en")


def test_a_rule_of_which_nothing_would_be_reported_is_not_run(make: Make) -> None:
    def fail(_page: Page, _context: Context) -> Iterator[Problem]:
        raise RuntimeError

    def judged(*weights: str, changed: bool, base: Page | None = None, **more: Levels) -> list[Finding]:
        broken = Rule("MSH999", "broken", fail, levels(*weights), Fault.CONTRIBUTOR, "", variants=more)
        return engine.check([Subject(make(), base, changed)], Facts(), policy.default(), [broken])

    assert not judged("off", "off", changed=True)
    assert not judged("error", "off", changed=False)
    assert not judged("off", "error", changed=True)
    assert judged("off", "error", changed=True, base=make())
    assert judged("error", "off", changed=True, base=make())
    assert judged("off", "off", changed=True, case=levels("notice", "off"))


def test_a_flood_of_problems_is_cut(make: Make, judge: Judge) -> None:
    keys = "\n".join(f"k{number}x: v" for number in range(1_000))
    assert len(judge(make(("evaluation: -", keys)), "MSH202")) == engine.MAX_PROBLEMS


def test_findings_are_sorted_by_path_and_place(make: Make) -> None:
    broken = (("author: MindSpore team", "author:"), ("license: Apache2.0", "license:"))
    found = run(Subject(make(*broken, path=TWIN)), Subject(make(*broken)))
    places = [(finding.path, finding.span.line) for finding in found]
    assert places == sorted(places)
    assert len({finding.path for finding in found}) == 2


@pytest.mark.parametrize("digest", [DIGEST, DIGEST[:8], DIGEST.upper(), "to be done"])
def test_the_same_digest_of_a_link_elsewhere_is_no_conflict(make: Make, digest: str) -> None:
    tree = {TWIN: (TreeAsset(TWIN, LINK, digest),)}
    assert run(Subject(make()), tree=tree) == []


@pytest.mark.parametrize("where", ["tree", "pull request"])
def test_another_digest_of_a_link_elsewhere_is_a_conflict(make: Make, where: str) -> None:
    twin = make((DIGEST, OTHER), ('"mindspore/1.10/lenet_mnist"', '"mindspore/1.10/other_mnist"'), path=TWIN)
    if where == "tree":
        found = run(Subject(make(), changed=False), tree={TWIN: engine.tree_assets(twin)})
    else:
        found = run(Subject(make()), Subject(twin, changed=False))[:1]
    (finding,) = found
    assert (finding.rule, finding.variant, finding.severity) == ("MSH306", "other-page", Severity.ERROR)
    assert finding.values["path"] == TWIN


def test_the_tree_entries_of_a_page_that_is_judged_do_not_count(make: Make) -> None:
    page = make()
    assert run(Subject(page), tree={page.path: (TreeAsset(page.path, LINK, OTHER),)}) == []


def remote(state: RemoteState, **more: object) -> RemoteFile:
    return RemoteFile(LINK, state, **more)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("declared", "file", "variant", "fault"),
    [
        (DIGEST, remote(RemoteState.MEASURED, sha256=DIGEST, reads=1), None, None),
        (DIGEST.upper(), remote(RemoteState.MEASURED, sha256=DIGEST, reads=1), None, None),
        (DIGEST[:8], remote(RemoteState.MEASURED, sha256=DIGEST, reads=1), None, None),
        ("to be done", remote(RemoteState.MEASURED, sha256=DIGEST, reads=2), None, None),
        (DIGEST, remote(RemoteState.MEASURED, sha256=OTHER, reads=2), "whole", Fault.CONTRIBUTOR),
        (DIGEST[:8], remote(RemoteState.MEASURED, sha256=OTHER, reads=2), "prefix", Fault.CONTRIBUTOR),
        (DIGEST, remote(RemoteState.MEASURED, sha256=OTHER, reads=1), "unconfirmed", Fault.BOT),
    ],
)
def test_digests(
    make: Make, judge: Judge, declared: str, file: RemoteFile, variant: str | None, fault: Fault | None
) -> None:
    found = judge(make((DIGEST, declared)), "MSH303", files=[file])
    assert [(one.variant, one.fault) for one in found] == ([] if variant is None else [(variant, fault)])
    assert all(one.suggestion is None for one in found)


@pytest.mark.parametrize(
    ("file", "variant", "fault"),
    [
        (remote(RemoteState.WRONG, reason="not-found"), "not-found", Fault.CONTRIBUTOR),
        (remote(RemoteState.WRONG, reason="new-reason", fault=Fault.CONTRIBUTOR), "wrong", Fault.CONTRIBUTOR),
        (remote(RemoteState.UNVERIFIED, reason="timeout", fault=Fault.HOST), "timeout", Fault.HOST),
        (remote(RemoteState.UNVERIFIED, reason="status-503"), "status", Fault.HOST),
        (remote(RemoteState.UNVERIFIED, reason="new", fault=Fault.CONTRIBUTOR), "unverified", Fault.HOST),
        (remote(RemoteState.UNVERIFIED, reason="internal", fault=Fault.BOT), "ours", Fault.BOT),
        (remote(RemoteState.CHANGING), "changing", Fault.HOST),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_unreachable(
    make: Make, judge: Judge, file: RemoteFile, variant: str, fault: Fault, lang: str
) -> None:
    (finding,) = judge(make(), files=[file])
    assert (finding.rule, finding.variant, finding.fault) == ("MSH305", variant, fault)
    blameless = {"en": ("nothing for you to do", "do not need to do anything"), "zh": ("无需做任何事",)}[lang]
    help_text = words.help_text(finding, lang)
    assert any(sentence in help_text for sentence in blameless) == (fault is not Fault.CONTRIBUTOR)


def test_rules_are_found_by_code_and_name() -> None:
    assert {rule.code for word in ("MSH303", "msh303", "303", "digest-mismatch") if (rule := find(word))} == {
        "MSH303"
    }
    assert find("MSH777") is None
