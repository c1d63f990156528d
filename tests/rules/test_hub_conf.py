"""Which conf files a review looks at, and what it says of a name."""

from __future__ import annotations

import pytest

from rules import engine, policy
from rules.artifacts.confplace import raw_url
from rules.facts import ConfFile, Facts
from rules.finding import Severity
from tests.rules.conftest import Make

LINK = "<https://gitee.com/mindspore/models/tree/r1.10/research/cv/lenet>"
CODE = "def create_network(name, **kw):\n    if name == 'lenet5':\n        return N()\n    raise ValueError\n"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (LINK, "https://gitee.com/mindspore/models/raw/r1.10/research/cv/lenet/mindspore_hub_conf.py"),
        (
            "https://github.com/a/b.git/tree/v1/",
            "https://raw.githubusercontent.com/a/b/v1/mindspore_hub_conf.py",
        ),
        (
            "<https://gitee.com/a/b/tree/r1/c+d/e>",
            "https://gitee.com/a/b/raw/r1/c%2Bd/e/mindspore_hub_conf.py",
        ),
        ("<https://gitee.com/a/b/blob/r1/x.py>", ""),
        ("<https://gitee.com/a/b>", ""),
        ("<https://example.com/a/b/tree/r1/c>", ""),
        ("<https://user@gitee.com/a/b/tree/r1/c>", ""),
        ("<https://gitee.com/a/b/tree/r1/../../../x>", ""),
        ("", ""),
    ],
)
def test_where_a_conf_file_is_read(link: str, url: str) -> None:
    assert raw_url(link, "mindspore_hub_conf.py") == url


def test_every_repository_is_wanted_once(make: Make) -> None:
    pages = [make(), make(), make(("research/cv/lenet>", "research/cv/other>"))]
    assert [want.url.split("/")[-2] for want in engine.wanted_confs(pages)] == ["lenet", "other"]


@pytest.mark.parametrize(
    ("conf", "levels"),
    [
        (ConfFile("u", True, CODE), [Severity.ERROR]),
        (ConfFile("u", True, CODE.replace("lenet5", "lenet")), []),
        (ConfFile("u", True, "from x import *\n"), []),
        (ConfFile("u", True, ""), []),
        (ConfFile("u", False), [Severity.WARNING]),
        (ConfFile("u", None), []),
    ],
)
def test_only_what_is_sure_is_said(make: Make, conf: ConfFile, levels: list[Severity]) -> None:
    facts = Facts(confs={LINK: conf})
    found = engine.check([engine.Subject(make())], facts, policy.default())
    assert [finding.severity for finding in found if finding.rule == "MSH318"] == levels
