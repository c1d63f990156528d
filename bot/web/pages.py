"""The pages that people read: pull requests, reports, rules and commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.model import PullRef, Report
from bot.review import moments, ruled
from bot.review.counts import counts
from bot.review.outages import outages
from bot.review.report import is_started_only
from bot.web import failures, reportview, text
from bot.web.history import history
from bot.web.language import COOKIE, LANGUAGES, choose, knows, translator
from bot.web.opening import is_running, mark, opening, steps, turn
from bot.web.site import site
from rules.finding import Finding

#: Ours: a dashboard is looked at, not searched.
MAX_PULLS = 100
#: Ours: older runs are kept in the store and reached by their own address.
MAX_RUNS = 50
#: Ours: a report's own page tells of these and leads to the others.
RECENT_RUNS = 5
#: Ours: with more pages than these a report is large, and only the one before is read beside it.
LARGE = 60
#: Ours: newest entries of the record on a pull request's page; the export has more.
MAX_ENTRIES = 200
#: Seconds between two looks at a run under way, of a page that has nothing yet and of the frame in any other.
REFRESH = 5
#: Seconds until the dashboard is read anew: whoever walks through it by keyboard loses the place each time.
REFRESH_LIST = 60
#: How long the reader's choice of language is remembered, in seconds.
COOKIE_AGE = 365 * 24 * 3600

#: Numbers of pull requests are 32-bit on every forge; anything else need not reach the store.
MAX_NUMBER = 2**31 - 1
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")

#: The blueprints whose pages are read in two languages.
READ = ("pages", "hub", "setup")

pages = Blueprint("pages", __name__)


@pages.get("/")
def dashboard() -> Response:
    """Every pull request under review with what its latest run found."""
    rows = site().world.pulls(MAX_PULLS)
    stands = site().world.standing()
    if not rows:
        return show("dashboard.html", rows=rows, stands=stands, refresh=site().world.demo)
    alive = bool(stands.running) or any(row.running for row in rows)
    return show("dashboard.html", rows=rows, stands=stands, refresh=alive, refresh_seconds=REFRESH_LIST)


@pages.get("/pulls/<forge>/<owner>/<repo>/<int:number>")
def pull(forge: str, owner: str, repo: str, number: int) -> Response:
    """One pull request: where it stands, and all its runs."""
    ref = pull_ref(forge, owner, repo, number)
    runs = site().world.reports(ref, MAX_RUNS + 1)
    if not runs:
        abort(404)
    latest, entries = runs[0], site().world.audit(ref, MAX_ENTRIES + 1)
    return show(
        "pull.html",
        latest.language,
        ref=ref,
        opening=opening(latest),
        counts=counts(latest),
        turn=partial(turn, latest),
        history=history(runs)[:MAX_RUNS],
        more_runs=len(runs) > MAX_RUNS,
        latest=latest,
        decisions=_decisions(latest),
        audit=list(reversed(entries[-MAX_ENTRIES:])),
        more_entries=len(entries) > MAX_ENTRIES,
        seen=mark(latest) if is_running(latest) else "",
    )


def pull_ref(forge: str, owner: str, repo: str, number: int) -> PullRef:
    """The pull request of an address; 404 for what none can be called."""
    if number > MAX_NUMBER or not all(_NAME.fullmatch(name) for name in (forge, owner, repo)):
        abort(404)
    return PullRef(forge, f"{owner}/{repo}", number)


@pages.get("/reports/<id>")
def report(id: str) -> Response:  # noqa: A002 (named after the part of the address)
    """One run: verdict, what to do next, every finding, every file."""
    found = found_report(id)
    runs = site().world.reports(found.ref, 2 if len(found.paths) > LARGE else RECENT_RUNS)
    newer = runs[0] if runs and runs[0].id != found.id else None
    head, begun = opening(found), is_started_only(found)
    return show(
        "report.html",
        found.language,
        report=found,
        opening=head,
        counts=counts(found),
        turn=partial(turn, found),
        findings=reportview.arrange(found),
        outages=outages(found.files),
        files=reportview.files(found),
        total=reportview.total(found),
        # What an older run asked for, and when it would have been tried again, is over.
        steps=() if newer else steps(found, head.word),
        command=reportview.local_command(found),
        newer=newer,
        decisions=_decisions(found),
        history=history(runs),
        seen="" if begun or not is_running(found) else mark(found),
        refresh=begun,
        view=reportview,
    )


@pages.get("/reports/<id>.json")
def report_json(id: str) -> Response:  # noqa: A002 (named after the part of the address)
    """The report as data."""
    found = reportview.exported(found_report(id))
    return _data(site().words.to_json(found), "application/json")


@pages.get("/reports/<id>.sarif")
def report_sarif(id: str) -> Response:  # noqa: A002 (named after the part of the address)
    """The findings in the form that code scanners exchange."""
    found = found_report(id)
    return _data(site().words.sarif(found, _language(found.language)), "application/sarif+json")


@pages.get("/rules")
def rules() -> Response:
    """All rules by code."""
    return show("rules.html", rules=sorted(site().words.rules(_language()), key=lambda rule: rule.code))


@pages.get("/rules/<code>")
def rule(code: str) -> Response:
    """One rule: why it is there, what is wrong and what is right."""
    wanted = code.casefold()
    known = next((r for r in site().words.rules(_language()) if wanted in (r.code.casefold(), r.name)), None)
    if known is None:
        abort(404)
    body = Markup(MarkdownIt("commonmark", {"html": False}).render(known.body))  # noqa: S704 (our own text)
    remote = known.code == failures.UNREACHABLE
    groups = (
        [group for group in failures.groups(_language()) if group[0] in ("file", "host")] if remote else []
    )
    return show("rule.html", rule=known, body=body, groups=groups)


@pages.get("/failures")
def failure_list() -> Response:
    """What can go wrong that is no mistake on a line of a page."""
    return show("failures.html", groups=failures.groups(_language()))


@pages.get("/failures/<name>")
def failure(name: str) -> Response:
    """One failure: what is seen, why, whose turn it is, what to do."""
    known = failures.named(name, _language())
    if known is None:
        abort(404)
    return show("failure.html", failure=known)


@pages.get("/commands")
def commands() -> Response:
    """What may be written in a comment, and by whom."""
    return show("commands.html", commands=site().words.commands(_language()))


def show(
    template: str, fallback: str = "", kept: Mapping[str, Any] = MappingProxyType({}), **values: object
) -> Response:
    """A page in the reader's language, or else in `fallback`; `kept` of the query stays for the other one.

    `refresh` among `values` says that the page is to be read anew, `refresh_seconds` after how long.
    """
    lang = _language(fallback)
    values.setdefault("refresh_seconds", REFRESH)
    translate = translator(lang)
    html = render_template(
        template,
        t=translate,
        lang=lang,
        demo=site().world.demo,
        now=site().world.now(),
        switch=_switch(lang, kept),
        text=text,
        moments=moments,
        moment=partial(text.moment, lang=lang),
        knows=knows,
        message=partial(_message, lang=lang),
        help_text=partial(_help, lang=lang),
        failure_of=failures.of_finding,
        failure_of_condition=failures.of_condition,
        **values,
    )
    answer = Response(html, mimetype="text/html")
    answer.headers["Vary"] = "Accept-Language, Cookie"
    if request.args.get("lang") in LANGUAGES and request.blueprint in READ:
        secure = site().world.public_url.startswith("https://")
        answer.set_cookie(COOKIE, lang, max_age=COOKIE_AGE, samesite="Lax", httponly=True, secure=secure)
    return answer


def error(status: int, id_: str = "") -> Response:
    """A page for an answer that is none, kind and without details; needs nothing of the store."""
    words = status if knows(f"error.{status}.title") else (400 if status < 500 else 500)
    answer = show("error.html", status=status, words=words, id=id_)
    answer.status_code = status
    return answer


def found_report(id_: str) -> Report:
    """The report of an address; 404 where there is none."""
    found = site().world.report(id_) if _ID.fullmatch(id_) else None
    return found or abort(404)


def _decisions(found: Report) -> list[Markup]:
    return [text.prose(line) for line in ruled.lines(found, _language(found.language), text.mark)]


def _message(finding: Finding, lang: str) -> Markup:
    return text.prose(site().words.message(finding, lang, text.mark))


def _help(finding: Finding, lang: str) -> Markup:
    return text.prose(site().words.help_text(finding, lang, text.mark))


def _switch(lang: str, kept: Mapping[str, Any]) -> tuple[str, str]:
    """The other language and this page's address in it; never the one asked for, it may lead away."""
    other = next(name for name in LANGUAGES if name != lang)
    if request.endpoint is None or request.endpoint.partition(".")[0] not in READ:
        return other, url_for("pages.dashboard", lang=other)
    return other, url_for(request.endpoint, **{**(request.view_args or {}), **kept, "lang": other})


def _data(content: str, mimetype: str) -> Response:
    # A lone surrogate cannot be encoded; as a backslash escape it is what JSON writes for it anyway.
    return Response(content.encode("utf-8", "backslashreplace"), mimetype=mimetype)


def _language(fallback: str = "") -> str:
    return choose(request.args.get("lang"), request.cookies.get(COOKIE), request.accept_languages, fallback)
