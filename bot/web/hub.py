"""Hub health: what the audit of published pages found, as a page, as a feed and as a badge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Blueprint, Response, abort, request, url_for

from bot.review.health import INCIDENTS, NEEDS_OWNER, State
from bot.store.auditrows import hash_of
from bot.store.hubview import SORTS, HubView, Incident, Overview
from bot.web import chart, hublist
from bot.web.pages import show
from bot.web.site import site
from rules.page import ROOT

#: Ours: incidents shown above the list and in the feed.
MAX_INCIDENTS, MAX_ENTRIES = 8, 100
#: Publishers offered as a filter; the real hub has a handful.
MAX_PUBLISHERS = 20
#: Seconds that proxies may keep a badge.
BADGE_AGE = 300

#: By which of the pages' colours and icons a state is shown.
TONES = {
    State.CHANGED: "failed",
    State.DEAD: "failed",
    State.DIFFERS: "differs",
    State.FORMAT: "warning",
    State.UNDECLARED: "warning",
    State.NO_LINK: "warning",
    State.SILENT: "warning",
    State.MISSED: "unverified",
    State.UNVERIFIED: "unverified",
    State.WAITING: "waiting",
    State.SOUND: "passed",
}
COLOURS = {"failed": "#b4232c", "warning": "#875a00", "passed": "#12703a", "waiting": "#57616b"}


hub = Blueprint("hub", __name__)


@hub.get("/hub")
def overview() -> Response:
    """Verdict, incidents, figures, trend, and the list of pages."""
    view, hubs = hublist.view(), hublist.served()
    if not hubs:
        return show("hubempty.html")
    asked, rows, total = hublist.listed(hublist.asked(hubs))
    figures = view.overview(asked.hub)
    standing = view.count_incidents(asked.hub)
    return show(
        "hub.html",
        kept=asked.kept(),
        hubs=hubs,
        asked=asked,
        overview=figures,
        verdict=_verdict(figures, standing),
        incidents=view.incidents(asked.hub, MAX_INCIDENTS, standing=True),
        standing=sum(standing.values()),
        trend=_trend(view, asked.hub),
        rows=rows,
        total=total,
        last=hublist.pieces(total),
        publishers=sorted(figures.publishers.items(), key=lambda pair: -pair[1])[:MAX_PUBLISHERS],
        tones=TONES,
        states=State,
        sorts=SORTS,
        page_path=page_path,
        # A round lasts hours, but for the demo's: there somebody is watching.
        refresh=site().world.demo and figures.running is not None,
    )


@hub.get("/hub/<path:page>")
def page(page: str) -> Response:
    """One published page with all that is known of its files."""
    view, hubs = hublist.view(), hublist.served()
    name = hublist.chosen(hubs) if hubs else ""
    asked = request.args.get("repo")
    path = f"{ROOT}{page}.md"
    found = view.page(name, path) if name else None
    if found is None:
        abort(404)
    row, files = found
    hashes = [hash_of(file.declared.link) for file in files]
    past = view.incidents(name, MAX_INCIDENTS, url_hashes=hashes) if hashes else ()
    return show(
        "hubpage.html",
        kept={"repo": asked},
        hub=name,
        asked=asked,
        row=row,
        files=files,
        past=past,
        source=_source(name, path),
        tones=TONES,
        refresh=False,
    )


@hub.get("/hub.atom")
def feed() -> Response:
    """The incidents, the newest first, for a feed reader."""
    hubs = hublist.served()
    if not hubs:
        abort(404)
    name = hublist.chosen(hubs)
    entries = hublist.view().incidents(name, MAX_ENTRIES)
    updated = max((_touched(entry) for entry in entries), default=0.0)
    answer = show(
        "feed.xml", hub=name, entries=entries, updated=updated, base=_base(), iso=_iso, page_path=page_path
    )
    answer.mimetype = "application/atom+xml"
    return answer


@hub.get("/hub/badge.svg")
def badge() -> Response:
    """A small image for a README."""
    hubs = hublist.served()
    answer = show("badge.svg", hub=_badge_words(hublist.chosen(hubs) if hubs else ""), badge=chart.badge)
    answer.mimetype = "image/svg+xml"
    answer.headers["Cache-Control"] = f"public, max-age={BADGE_AGE}"
    return answer


def page_path(path: str) -> str:
    """The address of a page's own page here."""
    short = path.removeprefix(ROOT).removesuffix(".md")
    return url_for("hub.page", page=short, repo=request.args.get("repo"))


def _source(name: str, path: str) -> str:
    """Where the page can be read on its forge as it was audited; empty where the forge has no site."""
    forge, _, repo = name.partition("/")
    where = site().world.sites.get(forge)
    if where is None:
        return ""
    return f"{where}/{repo}/blob/{hublist.view().commit(name)}/{quote(path.encode('utf-8', 'replace'))}"


def _badge_words(name: str) -> tuple[str, int, str]:
    """Which words the badge has, their figure, and its colour."""
    if not name:
        return "none", 0, COLOURS["waiting"]
    figures = hublist.view().overview(name)
    if standing := sum(hublist.view().count_incidents(name).values()):
        return "incidents", standing, COLOURS["failed"]
    sound = figures.counts.get(State.SOUND, 0)
    owner = any(figures.counts.get(state, 0) for state in NEEDS_OWNER)
    # Rounded down: a hundred says that nothing is left.
    share = 100 * sound // figures.pages if figures.pages else 0
    return "verified", share, COLOURS["warning" if owner else "passed"]


def _verdict(overview: Overview, standing: Mapping[State, int]) -> tuple[str, str, int]:
    """The sentence's key, its tone and its figure."""
    if incidents := sum(standing.values()):
        return "incidents", "failed", incidents
    counts = overview.counts
    if owner := sum(counts.get(state, 0) for state in NEEDS_OWNER if state not in INCIDENTS):
        return "owner", "warning", owner
    if counts.get(State.WAITING):
        return "waiting", "running", counts[State.WAITING]
    if counts.get(State.MISSED) or counts.get(State.UNVERIFIED):
        return "unverified", "unverified", 0
    return "sound", "passed", overview.pages


def _trend(view: HubView, name: str) -> tuple[chart.Chart, Sequence[tuple[float, Sequence[int]]]]:
    """The chart, and the figures behind it with the newest first: incidents, owner, not verified, sound."""
    rows = [(round_.finished_at or 0.0, _bands(round_.counts)) for round_ in view.trend(name)]
    columns = [chart.Column(_day(at), bands[:3]) for at, bands in rows]
    return chart.stacked(columns), rows[::-1]


def _bands(counts: Mapping[str, int]) -> Sequence[int]:
    incidents = sum(counts.get(state, 0) for state in INCIDENTS)
    owner = sum(counts.get(state, 0) for state in NEEDS_OWNER) - incidents
    sound = counts.get(State.SOUND, 0)
    return incidents, owner, sum(counts.values()) - incidents - owner - sound, sound


def _base() -> str:
    return site().world.public_url.rstrip("/")


def _touched(entry: Incident) -> float:
    return entry.closed_at or entry.opened_at


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
