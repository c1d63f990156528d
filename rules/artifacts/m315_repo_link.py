"""`repo-link` is the directory of the model's code at a branch or tag.

The client loads `mindspore_hub_conf.py` from there. It needs the repository, the branch or tag, and the
directory.

Wrong: `repo-link: <https://gitee.com/mindspore/models>`, `repo-link: <gitee.com/mindspore/models/tree/r1.10>`

Right: `repo-link: <https://gitee.com/mindspore/models/tree/r1.10/official/cv/ResNet>`

Not reported: an empty value, which MSH201 reports; an address without `<…>`, which MSH308 does;
`_cn` pages, which repeat the English page's.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.artifacts.repository import bare, place
from rules.finding import Problem, Suggestion
from rules.metadata.m201_missing_field import is_empty
from rules.nearest import nearest
from rules.page import Page
from rules.policy import Policy
from rules.rule import Context, levels, rule

_HOST = levels("warning", "notice")


@rule("MSH315", "repo-link", changed="error", untouched="warning", variants={"host": _HOST, "http": _HOST})
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("repo-link")
    if page.is_cn or field is None or field.shape != "scalar" or is_empty(field):
        return
    variant, values = _variant(field.text.strip(), context.policy)
    if variant:
        values |= {"link": bare(field.text), "hosts": ", ".join(context.policy.repository_hosts)}
        mended = f"<{field.text.strip().strip('<>').strip()}>"
        suggestion = Suggestion(field.span, mended) if variant == "brackets" else None
        yield Problem(field.span, key="repo-link", variant=variant, values=values, suggestion=suggestion)


def _variant(text: str, policy: Policy) -> tuple[str, dict[str, str]]:
    """What is wrong with a value and what its message needs; empty when nothing is."""
    if (text.startswith("<") != text.endswith(">")) and text.count("<") + text.count(">") == 1:
        return "brackets", {}
    found = place(bare(text))
    if found is None:
        return "malformed", {}
    if found.host not in policy.repository_hosts:
        alike = nearest(found.host, policy.repository_hosts)
        return ("alike" if alike else "host"), {"host": found.host, "known": alike}
    if not found.kind:
        return "no-ref", {"repository": found.repository}
    if found.kind == "blob":
        return "file", {}
    return ("http" if bare(text)[:5].lower() == "http:" else ""), {}
