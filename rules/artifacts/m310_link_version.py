"""The link leads to a file of the page's own release.

The hub keeps its files by release: in directories such as `/models/r1.10/`, with tags such as
`_ascend_v1100_` in their names. A link left over from another release hands users a checkpoint that their
version may not load.

Wrong, in `mindspore/1.10/`: `https://download.mindspore.cn/models/r1.9/lenet_ascend_v190_mnist_acc98.ckpt`

Right: `https://download.mindspore.cn/models/r1.10/lenet_ascend_v1100_mnist_acc98.ckpt`

A tag of an earlier release in the right directory is only a warning: old files are sometimes published again.

Not reported: links without a release in them; other servers than the hub's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.artifacts.names import version_tag
from rules.finding import Problem
from rules.layout.m102_misplaced_page import VERSION
from rules.links import Link, parse_link
from rules.page import Page
from rules.policy import Policy
from rules.rule import Context, levels, rule

_DIRECTORY = re.compile(r"/(?:models|model_zoo)/r([0-9]{1,2}\.[0-9]{1,3})(?:\.[0-9]{1,3})?/")


@rule(
    "MSH310",
    "link-version",
    changed="error",
    untouched="warning",
    variants={"older-tag": levels("warning", "notice")},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    if not VERSION.fullmatch(page.version):
        return
    for asset in page.assets:
        link = parse_link(asset.link)
        if link is None:
            continue
        for variant, found in _versions(link, context.policy):
            if found != page.version:
                earlier = _number(found) < _number(page.version)
                yield Problem(
                    asset.link_span,
                    asset.key("asset-link"),
                    "older-tag" if variant == "tag" and earlier else variant,
                    {"version": page.version, "found": found, "file": link.file_name, "link": asset.link},
                    identity=asset.link,
                )
                break


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _versions(link: Link, policy: Policy) -> Iterator[tuple[str, str]]:
    """What the directory and the file's name say, in that order."""
    if link.host not in policy.asset_hosts:
        return
    directory = _DIRECTORY.match(link.path)
    if directory is not None:
        yield "directory", directory[1]
        tag = version_tag(link.file_name)
        if tag:
            yield "tag", tag
