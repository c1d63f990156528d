"""`model-name` is a name that the model's `mindspore_hub_conf.py` creates a network for.

The client calls `create_network` in that file with the page's `model-name` in lower case. A name that it does
not know makes `mshub.load` fail for everybody, whatever the checkpoint is worth. We read the file at the
branch or tag of `repo-link` and never run it.

Wrong: `model-name: lenet`, where the file says

    def create_network(name, *args, **kwargs):
        if name == "lenet5":
            return LeNet5(*args, **kwargs)
        raise NotImplementedError(f"{name} is not implemented in the repo")

Right: `model-name: lenet5`

`hubbot new --conf` prints such a file to begin with.

Not reported: what cannot be told by reading (imported tables, code made at run time), and files that cannot
be read at the moment.
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.facts import ConfFile
from rules.fields import Field
from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, levels, rule

_ABSENT = levels("warning", "off")


@rule(
    "MSH318",
    "hub-conf",
    changed="error",
    untouched="notice",
    remote=True,
    variants={"absent": _ABSENT},
)
def check(page: Page, context: Context) -> Iterator[Problem]:
    name, link = page.fields.get("model-name"), page.fields.get("repo-link")
    conf = context.facts.confs.get(page.text("repo-link"))
    if page.is_cn or name is None or link is None or conf is None or not name.text.strip():
        return
    if conf.present is False:
        yield Problem(link.span, key="repo-link", variant="absent", values={"link": conf.url})
    elif conf.present:
        yield from _named(name, link, conf)


def _named(name: Field, link: Field, conf: ConfFile) -> Iterator[Problem]:
    from rules.conf import Answer, ask  # only where a file was read

    outcome = ask(conf.text, name.text.strip())
    if outcome.answer is Answer.NO_FUNCTION:
        yield Problem(link.span, key="repo-link", variant="no-function", values={"link": conf.url})
    if outcome.answer is Answer.REFUSES:
        values = {"name": name.text.strip().lower(), "link": conf.url, "names": ", ".join(outcome.names)}
        known = "name" if outcome.names else "name-only"
        yield Problem(name.span, key="model-name", variant=known, values=values)
