"""The README that the body links to is that of `repo-link`.

Pages are often made from another one; a link left over shows readers the wrong model, or the right one at
another release.

Wrong, with `repo-link: <https://gitee.com/mindspore/models/tree/r1.10/research/cv/tgcn>`:
`[tgcn](https://gitee.com/mindspore/models/blob/r1.9/research/cv/tgcn/README.md)`

Right: `[tgcn](https://gitee.com/mindspore/models/blob/r1.10/research/cv/tgcn/README.md)`

Not reported: pages that link to several READMEs of which one is the right one; READMEs of other repositories;
a README above or below the directory, or of something that is no model.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.repository import Place, bare, place
from rules.finding import Problem
from rules.markdown import BodyLink, links
from rules.page import Page
from rules.rule import Context, rule


@rule("MSH405", "readme-differs", changed="warning", untouched="notice")
def check(page: Page, _context: Context) -> Iterator[Problem]:
    if not any(_names_readme(link) for link in links(page)):
        return
    code = place(bare(page.text("repo-link")))
    if code is None or not code.kind or page.is_cn:
        return
    found = [(link, readme) for link in links(page) if (readme := _readme(link, code)) is not None]
    if any(readme.ref == code.ref and _belongs(readme, code) for _, readme in found):
        return
    likely = [(link, readme) for link, readme in found if _belongs(readme, code) or _beside(readme, code)]
    if not likely:
        return
    link, readme = likely[0]
    variant = "ref" if readme.ref != code.ref else "directory"
    yield Problem(
        link.span,
        key="body",
        variant=variant,
        values={"target": link.target, "link": bare(page.text("repo-link")), "ref": code.ref},
        identity=link.target,
    )


def _names_readme(link: BodyLink) -> bool:
    return "readme" in link.target.lower()


def _readme(link: BodyLink, code: Place) -> Place | None:
    """The place of a README in the repository of `repo-link`."""
    if not _names_readme(link):
        return None
    found = place(bare(link.target))
    if found is None or (found.host, found.repository, found.kind) != (code.host, code.repository, "blob"):
        return None
    return found if found.directory.rpartition("/")[2].lower().startswith("readme") else None


def _belongs(readme: Place, code: Place) -> bool:
    """Whether a README is that of the directory, or of one above or below it."""
    one, other = f"{_folder(readme)}/", f"{code.directory.strip('/')}/"
    return one.startswith(other) or other.startswith(one)


def _beside(readme: Place, code: Place) -> bool:
    """Whether a README is that of another model: a directory as deep in the same part of the repository."""
    one, other = _folder(readme).split("/"), code.directory.strip("/").split("/")
    return len(one) == len(other) > 1 and one[:-1] == other[:-1]


def _folder(readme: Place) -> str:
    return readme.directory.rpartition("/")[0].strip("/")
