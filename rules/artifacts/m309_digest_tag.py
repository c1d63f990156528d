"""A digest written into a file name is that of `asset-sha256`.

Many model files carry the beginning of their digest in their name. If it is not the beginning of the declared
one, one of the two is of another file.

Wrong:

    asset-link: <https://download-mindspore.osinfra.cn/toolkits/mindcv/vgg/vgg19-5104d1ea.ckpt>
    asset-sha256: dcca16b1

Right, with all 64 digits:

    asset-sha256: 5104d1ea…

Not reported: file names without a run of hexadecimal digits; runs of digits alone, such as dates.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.digest import LENGTH, agree, is_hex, repaired
from rules.artifacts.names import hex_tags
from rules.finding import Problem
from rules.links import parse_link
from rules.page import Page
from rules.rule import Context, levels, rule

#: Of fewer digits nothing can be said.
SHORTEST = 8


@rule(
    "MSH309",
    "digest-tag",
    changed="error",
    untouched="error",
    variants={"whole": levels("warning", "notice")},
)
def check(page: Page, _context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        declared, link = repaired(asset.sha256), parse_link(asset.link)
        if link is None or not is_hex(declared) or not SHORTEST <= len(declared) <= LENGTH:
            continue
        tags = hex_tags(link.file_name)
        if tags and not any(agree(declared, tag) for tag in tags):
            yield Problem(
                asset.place("asset-sha256"),
                asset.key("asset-sha256"),
                "whole" if len(declared) == LENGTH else "short",
                {"declared": declared, "tag": tags[-1], "file": link.file_name},
                identity=f"{declared}\0{asset.link}",
            )
