"""The summary speaks of the page's own model.

Pages are made by copying a neighbour; its summary is easily left.

Wrong, on the page of GhostNet: `summary: AlexNet used to classify 37 classes of Oxford-IIIT Pet`

Right: `summary: GhostNet classifies 37 classes of Oxford-IIIT Pet`

Reported only when the sentence begins with the name of another model, as what "is", "uses" or "can"
do something, and the page's own model, file name, title and backbone are nowhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.finding import Problem
from rules.nearest import normal
from rules.page import Page
from rules.rule import Context, rule
from rules.twins import first_words

#: Shorter names are found inside other words.
_SHORTEST = 4
_SUBJECT = re.compile(
    r"([A-Za-z0-9][\w.+-]{2,40}(?: [\w.+-]{1,20})?)(?: model| network)?,? "
    r"(?:is|was|are|use[sd]?|using|can|does|has|helps|aims|classif\w{1,9}|proposes?)\b"
)
#: `AlexNet`, `StarGAN`: coined for one model, whether or not the hub has a page of it.
_COINED = re.compile(r"[A-Z][\w-]{2,30}(?:Net|GAN|BERT|Former)(?:-?[vV]?[0-9]{1,4})?")
#: Words that begin a sentence about any model.
_PLAIN = ("this", "the", "model", "network", "our", "these", "which")
#: Out of 100: `effecientnet` for `efficientnet`.
_ALIKE = 85.0


@rule("MSH215", "copied-summary", changed="warning", untouched="notice")
def check(page: Page, context: Context) -> Iterator[Problem]:
    field = page.fields.get("summary")
    if field is None or field.shape != "scalar" or page.is_cn:
        return
    match = _SUBJECT.match(field.text.strip())
    subject = normal(match[1]) if match else ""
    if match is None or len(subject) < _SHORTEST or match[1].casefold().split()[0] in _PLAIN:
        return
    own = _own(page)
    known = subject in context.once(first_words) or bool(_COINED.fullmatch(match[1]))
    if not own or not known or _mentions(field.text, subject, own):
        return
    values = {"model": page.text("model-name") or page.name, "other": match[1]}
    yield Problem(field.span, key="summary", values=values)


def _own(page: Page) -> set[str]:
    """What the page may call its model by."""
    name = page.name.split("_")
    texts = (page.text("model-name"), page.text("backbone-name"), page.title, name[0], "".join(name[:2]))
    return {word for word in (normal(text) for text in texts) if len(word) > 1}


def _mentions(summary: str, subject: str, own: set[str]) -> bool:
    text = "".join(character for character in summary.casefold() if character not in " _-.")
    if any(name in text or name.startswith(subject) for name in own):
        return True
    from rapidfuzz.fuzz import partial_ratio  # only here: hardly any summary comes so far

    return any(partial_ratio(name, text) >= _ALIKE for name in own if len(name) >= _SHORTEST)
