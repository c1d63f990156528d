"""A published page stays where it is.

Programs load models by the UID, which is the page's path. When a page is deleted or renamed, every such
program stops working at its next start. Sometimes that is right: a maintainer decides.

Wrong: a typing error in a published file name is corrected by renaming the file

Right: a second page with the right name, and the old one kept until nobody uses it

Not reported: pages that the pull request itself adds. When many pages of a directory are removed at once, as
when an old release is retired, that is one finding and not one for each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from rules.artifacts.digest import is_digest, repaired
from rules.artifacts.names import squashed
from rules.finding import Fault, Problem
from rules.page import ROOT, Page
from rules.rule import Context, rule
from rules.source import point

#: From this many pages of one directory on, it is the directory that is being retired.
BULK = 5
#: From this many pages on, wherever they lie, no page is named by itself.
MANY = 20
#: Directories that are named one by one.
NAMED = 10


@rule("MSH504", "page-removed", changed="error", untouched="off", fault=Fault.POLICY, removals=True)
def check(page: Page, context: Context) -> Iterator[Problem]:
    bulk = _bulk(context)
    place = point(1, 1)
    if _folder(page) not in bulk:
        uid = page.path.removeprefix(ROOT).removesuffix(".md")
        target = _renamed(page, context)
        values = {"uid": uid, "target": target}
        yield Problem(place, "path", "renamed" if target else "removed", values, identity=page.path)
    elif page.path == min(path for paths in bulk.values() for path in paths):
        folders = sorted(folder.removeprefix(ROOT) for folder in bulk)
        values = {
            "number": str(sum(map(len, bulk.values()))),
            "directories": ", ".join(folders[:NAMED]) + (", …" if len(folders) > NAMED else ""),
        }
        yield Problem(place, "path", "bulk", values, identity="\0".join(folders))


def _folder(page: Page) -> str:
    return page.path.rpartition("/")[0]


def _bulk(context: Context) -> dict[str, list[str]]:
    """The directories that lose many pages, with the paths of those; all, where many are lost in all."""
    folders: dict[str, list[str]] = defaultdict(list)
    for subject in context.subjects:
        if subject.removed:
            folders[_folder(subject.page)].append(subject.page.path)
    least = BULK if sum(map(len, folders.values())) < MANY else 1
    return {folder: paths for folder, paths in folders.items() if len(paths) >= least}


def _renamed(page: Page, context: Context) -> str:
    """The new page that took a removed one's place: the same file, or the same name written otherwise."""
    digests = {repaired(asset.sha256) for asset in page.assets}
    for subject in context.subjects:
        other = subject.page
        if subject.removed or subject.base is not None or not subject.changed:
            continue
        shared = {repaired(asset.sha256) for asset in other.assets} & digests
        alike = (
            (page.publisher, page.version) == (other.publisher, other.version)
            and page.name
            and (squashed(page.name) == squashed(other.name))
        )
        if alike or any(is_digest(digest) for digest in shared):
            return other.path.removeprefix(ROOT).removesuffix(".md")
    return ""
