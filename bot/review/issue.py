"""The one issue that says which published files need somebody: incidents first, within bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote, urlsplit

from bot.model import AUDIT_MARKER
from bot.review.catalogue import known_language
from bot.review.health import INCIDENTS, Declared, History, State
from bot.review.moments import day
from bot.review.render import fitted
from bot.review.sections import PLACES_SHOWN, Section, Voice, bullets, bytes_of, folded
from bot.review.text import span, without_secrets
from bot.review.words import RULE_WORDS
from rules.page import ROOT

#: Bytes of the issue. GitHub refuses over 65,536 characters; what Gitee takes is not documented.
ISSUE_LIMIT = 60_000
#: Characters of an address that are shown.
URL_LIMIT = 300
#: Files of a publisher that are listed openly below what never was in order.
UNFOLDED = 5
#: What somebody has to mend, besides incidents.
MENDED = (State.DIFFERS, State.FORMAT, State.UNDECLARED, State.NO_LINK)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One entry of a published page that needs an owner; a page without entries has one that is empty."""

    publisher: str
    path: str
    declared: Declared
    state: State
    history: History | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The issue as it should stand; closed where nothing is left."""

    title: str
    body: str
    is_open: bool


def marker(hub: str) -> str:
    """The hidden first line by which we know the issue of a hub again; `hub` is `forge/owner/name`."""
    return f"{AUDIT_MARKER} {hub} -->"


def title(hub: str, language: str) -> str:
    """Always the same for a hub, so that it can be known by it where hidden text is not kept."""
    return Voice(known_language(language), RULE_WORDS).say("issue_title", hub=hub.partition("/")[2])


def wanted(hub: str, troubles: Iterable[Trouble], language: str, public_url: str) -> Wanted:
    """The issue about a hub's pages.

    It names no moment at which somebody looked: as long as nothing changes, neither does a letter of it.
    """
    voice = Voice(known_language(language), RULE_WORDS, public_url)
    ordered = sorted(troubles, key=lambda one: (one.publisher, one.path, one.declared.link))
    by_state = {state: [one for one in ordered if one.state is state] for state in State}
    head = f"{marker(hub)}\n{voice.say('issue_intro')}{_hub_link(voice, hub)}\n"
    if not ordered:
        return Wanted(title(hub, language), f"{head}\n**{voice.say('issue_closed')}**\n", is_open=False)
    opening = f"{head}\n{_counts(by_state, voice)}\n"
    sections = [
        *(_section(state, _incidents(by_state[state], voice, hub), voice) for state in INCIDENTS),
        *(_section(state, _others(by_state[state], voice, hub), voice) for state in MENDED),
        _section(State.SILENT, _hosts(by_state[State.SILENT], voice), voice),
    ]
    room = ISSUE_LIMIT - bytes_of(opening) - 1
    return Wanted(
        title(hub, language), "\n".join([opening, *fitted(sections, room, voice, "")]), is_open=True
    )


def _counts(by_state: dict[State, list[Trouble]], voice: Voice) -> str:
    said = [
        voice.say(f"issue_count_{_word(state)}", len(by_state[state]))
        for state in (*INCIDENTS, *MENDED, State.SILENT)
        if by_state[state]
    ]
    return " · ".join(said)


def _section(state: State, entries: Sequence[str], voice: Voice) -> Section:
    word = _word(state)
    intro = voice.say(f"issue_what_{word}") if entries else ""
    return Section(voice.say(f"issue_{word}"), tuple(entries), intro=intro)


def _incidents(troubles: Sequence[Trouble], voice: Voice, hub: str) -> list[str]:
    """A block for each, the first of a publisher below its name."""
    return [
        (f"**{_publisher(one)}**\n\n" if first else "")
        + f"- {_line(one, voice, hub)}\n"
        + _evidence(one, voice)
        for _, group in _grouped(troubles, lambda one: one.publisher)
        for first, one in ((number == 0, one) for number, one in enumerate(group))
    ]


def _evidence(one: Trouble, voice: Voice) -> str:
    known = one.history
    if known is None:
        return ""
    rows = [("issue_address", span(without_secrets(one.declared.link), URL_LIMIT))]
    if one.state is State.CHANGED:
        rows += [("issue_was", span(known.baseline)), ("issue_now", span(known.digest))]
        since = known.changed_at
    else:
        rows.append(("issue_last_answer", span(known.reason)))
        since = known.first_miss
    if one.declared.digest not in ("", known.baseline):
        rows.insert(1, ("issue_declared", span(one.declared.digest)))
    if since:
        rows.append(("issue_since", day(since)))
    return "".join(f"  - {voice.say('said_at', place=voice.say(key), text=value)}\n" for key, value in rows)


def _others(troubles: Sequence[Trouble], voice: Voice, hub: str) -> list[str]:
    """A block a publisher, many pages folded: what never was in order can be most of an old hub."""
    blocks = []
    for _, group in _grouped(troubles, lambda one: one.publisher):
        lines = [_line(one, voice, hub) + _difference(one, voice) for one in group[:PLACES_SHOWN]]
        if len(group) > len(lines):
            lines.append(voice.say("more_places", len(group) - len(lines)))
        told = f"{bullets(lines)}\n"
        if len(lines) > UNFOLDED:
            told = folded(voice.say("the_pages", len({one.path for one in group})), bullets(lines))
        blocks.append(f"**{_publisher(group[0])}**\n\n{told}")
    return blocks


def _difference(one: Trouble, voice: Voice) -> str:
    known = one.history
    if one.state is State.DIFFERS and known is not None:
        declared, observed = span(one.declared.sha256), span(known.digest)
        return voice.say("issue_differs_by", declared=declared, observed=observed)
    if one.state is State.FORMAT and known is not None:
        return voice.say(
            "issue_format_by", declared=span(one.declared.file_format), content=span(known.content)
        )
    return ""


def _hosts(troubles: Sequence[Trouble], voice: Voice) -> list[str]:
    """A line a host: that it does not answer is no publisher's mistake."""
    lines = []
    for host, group in _grouped(troubles, lambda one: _host(one.declared.link)):
        since = min((one.history.failing_since for one in group if one.history), default=0.0)
        files = len({one.declared.link for one in group})
        lines.append(f"- {voice.say('issue_host', files, host=span(host), since=day(since))}")
    return lines


def _line(one: Trouble, voice: Voice, hub: str) -> str:
    """The page, what is known of it, and the file."""
    path = span(one.path)
    if voice.public_url:
        short = quote(one.path.removeprefix(ROOT).removesuffix(".md").encode("utf-8", "replace"), safe="/")
        address = f"{voice.public_url.rstrip('/')}/hub/{short}?repo={quote(hub, safe='/')}"
        path += f" ([{voice.say('issue_details')}]({address}))"
    name = re.split("[?#]", without_secrets(one.declared.link))[0].rpartition("/")[2]
    return voice.say("said_at", place=path, text=span(name)) if name else path


def _hub_link(voice: Voice, hub: str) -> str:
    if not voice.public_url:
        return ""
    address = f"{voice.public_url.rstrip('/')}/hub?repo={quote(hub, safe='/')}"
    return f" [{voice.say('issue_hub')}]({address})"


def _publisher(one: Trouble) -> str:
    return span(one.publisher)


def _host(link: str) -> str:
    return urlsplit(link).netloc.rpartition("@")[2].lower()


def _word(state: State) -> str:
    return state.value.replace("-", "_")


def _grouped(troubles: Sequence[Trouble], key: Callable[[Trouble], str]) -> list[tuple[str, list[Trouble]]]:
    return [(name, list(group)) for name, group in groupby(sorted(troubles, key=key), key)]
