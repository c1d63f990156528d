"""What a pull request does to published pages: changed digests, removals and rivals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules import engine, policy, words
from rules.facts import Facts
from rules.finding import Fault, Finding, Severity
from rules.page import Page
from rules.rule import Subject

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
OTHER = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
LINK = "https://download.mindspore.cn/models/r1.10/lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
HUB = "mshub_res/assets/mindspore"


def run(*subjects: Subject, facts: Facts | None = None) -> list[Finding]:
    return engine.check(subjects, facts or Facts(), policy.default())


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((DIGEST, DIGEST[:8]), (DIGEST, DIGEST), []),
        ((DIGEST, DIGEST.upper()), (DIGEST, DIGEST), []),
        ((DIGEST, "to be done"), (DIGEST, DIGEST), []),
        ((DIGEST, OTHER), (LINK, LINK.replace("_cv", "_nlp")), []),
        ((DIGEST, OTHER), (DIGEST, DIGEST), ["MSH503"]),
        ((LINK, LINK.replace("_cv", "_nlp")), (LINK, LINK), ["MSH502"]),
    ],
)
def test_changed_entries(
    make: Make, judge: Judge, before: tuple[str, str], now: tuple[str, str], expected: list[str]
) -> None:
    found = judge(make(now), base=make(before))
    assert [one.rule for one in found if one.rule in ("MSH502", "MSH503")] == expected


def test_a_replaced_digest_is_for_a_maintainer_to_decide(make: Make, judge: Judge) -> None:
    (finding,) = judge(make((DIGEST, OTHER)), "MSH503", base=make())
    assert (finding.fault, finding.severity) == (Fault.POLICY, Severity.ERROR)


def test_a_removed_page_is_judged_by_the_rules_about_removals_alone(make: Make) -> None:
    page = make((DIGEST, DIGEST[:8]), ("author: MindSpore team", "author:"))
    (finding,) = run(Subject(page, removed=True))
    assert (finding.rule, finding.variant, finding.fault) == ("MSH504", "removed", Fault.POLICY)


def test_a_removed_page_lends_its_digests_to_no_conflict(make: Make) -> None:
    gone = make((DIGEST, OTHER), path=f"{HUB}/1.9/lenet_mnist.md")
    assert {one.rule for one in run(Subject(make()), Subject(gone, removed=True))} == {"MSH504"}


@pytest.mark.parametrize(
    ("name", "replaced", "variant"),
    [
        ("le_net_mnist", (DIGEST, OTHER), "renamed"),
        ("small_mnist", (DIGEST, DIGEST), "renamed"),
        ("small_mnist", (DIGEST, OTHER), "removed"),
    ],
)
def test_a_renamed_page_names_the_new_one(
    make: Make, name: str, replaced: tuple[str, str], variant: str
) -> None:
    new = make(replaced, path=f"{HUB}/1.10/{name}.md")
    (finding,) = [one for one in run(Subject(new), Subject(make(), removed=True)) if one.rule == "MSH504"]
    assert finding.variant == variant
    assert (f"mindspore/1.10/{name}" in words.message(finding, "en")) is (variant == "renamed")


def test_directories_that_are_retired_make_one_finding(make: Make) -> None:
    old = [make(path=f"{HUB}/{version}/m{n}_mnist.md") for version in ("0.5", "0.6") for n in range(200)]
    (finding,) = run(*(Subject(page, removed=True) for page in old))
    assert (finding.variant, finding.values["number"]) == ("bulk", "400")
    assert finding.values["directories"] == "mindspore/0.5, mindspore/0.6"


def test_single_pages_beside_a_retired_directory_are_named(make: Make) -> None:
    old = [make(path=f"{HUB}/0.5/m{n}_mnist.md") for n in range(5)]
    few = [make(path=f"{HUB}/1.0/m{n}_mnist.md") for n in range(2)]
    found = run(*(Subject(page, removed=True) for page in old + few))
    assert [one.variant for one in found] == ["bulk", "removed", "removed"]


def test_many_removals_are_one_finding_wherever_they_lie(make: Make) -> None:
    pages = [make(path=f"{HUB}/1.{n}/m_mnist.md") for n in range(20)]
    (finding,) = run(*(Subject(page, removed=True) for page in pages))
    assert finding.values["directories"].endswith(", …")


def test_rivals_matter_for_new_pages_only(make: Make) -> None:
    facts = Facts(rivals={make().path: ("https://gitee.com/mindspore/hub/pulls/12",)})
    assert [one.rule for one in run(Subject(make()), facts=facts)] == ["MSH505"]
    assert run(Subject(make(), make()), facts=facts) == []


def test_another_spelling_is_no_change_of_kind(make: Make, judge: Judge) -> None:
    spelt = make(
        ("train-dataset: mnist", "train-dataset: M_NIST"), ("backbone-name: lenet", "backbone-name: LeNet")
    )
    assert judge(spelt, "MSH501", base=make()) == []
