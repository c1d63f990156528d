"""A page's file name has letters, digits, `_`, `-` and `.` only.

The name is part of the UID and of the page's address on the website.

Wrong: `resnet50 imagenet2012.md`, `resnet50（imagenet2012）.md`

Right: `resnet50_imagenet2012.md`
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from rules.finding import Problem
from rules.layout.m107_non_ascii_header import listed
from rules.page import Page
from rules.rule import Context, rule
from rules.source import point

_OTHER = re.compile(r"[^A-Za-z0-9._-]{1,255}")


@rule("MSH110", "file-name", changed="error", untouched="warning")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    name = page.path.rpartition("/")[2].removesuffix(".md")
    strangers = "".join(_OTHER.findall(name))
    if not strangers:
        return
    plain = unicodedata.normalize("NFKD", name).strip()
    target = _OTHER.sub("_", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    usable = bool(re.search("[A-Za-z0-9]", target))
    values = {"name": name, "characters": listed(strangers)}
    if usable:
        values["target"] = f"{target.strip('_')}.md"
    yield Problem(
        point(1, 1, len(page.lines[0])), key="path", variant="other" if usable else "nothing", values=values
    )
