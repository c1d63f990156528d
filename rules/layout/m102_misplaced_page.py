"""A page lies where its UID says.

The client turns the UID `publisher/version/name` into the path of a page. A page anywhere else cannot be
loaded. The old layout with a backend between publisher and version is still understood.

Wrong: `mshub_res/assets/resnet50_imagenet2012.md`, `mshub_res/assets/mindspore/r2.5/resnet50_imagenet2012.md`

Right: `mshub_res/assets/mindspore/2.5/resnet50_imagenet2012.md`
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem
from rules.page import ROOT, Page
from rules.rule import Context, rule
from rules.source import point

VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}")


@rule("MSH102", "misplaced-page", changed="error", untouched="off")
def check(page: Page, context: Context) -> Iterator[Problem]:
    file_name = page.path.rpartition("/")[2]
    values = {"path": page.path, "version": page.version, "target": f"{ROOT}PUBLISHER/X.Y/{file_name}"}
    place = point(1, 1, len(page.lines[0]))
    if not page.name:
        version = page.text("mindspore-version")
        if VERSION.fullmatch(version):
            values["target"] = f"{ROOT}PUBLISHER/{version}/{file_name}"
        yield Problem(place, key="path", variant="path", values=values, identity="path")
    elif not VERSION.fullmatch(page.version):
        yield Problem(place, key="path", variant="version", values=values)
    elif page.backend and page.backend not in context.policy.backends:
        backends = ", ".join(context.policy.backends)
        extra = {"backend": page.backend, "backends": backends}
        yield Problem(place, key="path", variant="backend", values=values | extra)
