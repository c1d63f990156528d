"""`file-format` is known and agrees with the end of the link.

The client decides by the format how to load the file and refuses what it does not know.

Wrong:

    file-format: geir
    asset-link: <https://download.mindspore.cn/resnet50.ckpt>

Right:

    file-format: ckpt
    asset-link: <https://download.mindspore.cn/resnet50.ckpt>

Not reported: `_cn` pages, whose formats are for readers.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.finding import Problem, Suggestion
from rules.links import parse_link
from rules.nearest import nearest
from rules.page import Asset, Page
from rules.policy import Policy
from rules.rule import Context, rule


@rule("MSH301", "file-format", changed="error", untouched="warning")
def check(page: Page, context: Context) -> Iterator[Problem]:
    if page.is_cn:
        return
    for asset in page.assets:
        problem = _problem(asset, context.policy)
        if problem is not None:
            yield problem


def _problem(asset: Asset, policy: Policy) -> Problem | None:
    written = asset.file_format
    field = asset.fields.get("file-format")
    if not written or field is None or field.shape != "scalar":
        return None
    key, known = asset.key("file-format"), policy.file_formats
    if written not in known:
        meant = _by_suffix(f".{written.lstrip('.').lower()}", policy) or nearest(written, known)
        values = {"value": written, "meant": meant, "known": ", ".join(known)}
        suggestion = Suggestion(field.span, meant) if meant else None
        return Problem(
            field.span,
            key,
            "near" if meant else "unknown",
            values,
            suggestion,
            identity=f"{written}\0{asset.link}",
        )
    link = parse_link(asset.link)
    if link is None or link.suffix in known[written]:
        return None
    values = {
        "value": written,
        "file": link.file_name,
        "suffixes": ", ".join(known[written]),
        "fitting": _by_suffix(link.suffix, policy) or "-",
    }
    return Problem(field.span, key, "suffix", values, identity=f"{written}\0{asset.link}")


def _by_suffix(suffix: str, policy: Policy) -> str:
    return next((name for name, suffixes in policy.file_formats.items() if suffix in suffixes), "")
