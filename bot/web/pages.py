"""The pages that people read: pull requests, reports, rules and commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, render_template, request, url_for
from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.model import PullRef, Report
from bot.review import ruled
from bot.review.outages import outages
from bot.web import failures, reportview, text
from bot.web.history import history
from bot.web.language import COOKIE, LANGUAGES, choose, knows, translator
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
#: Seconds between two looks of a page at a run under way.
REFRESH = 5
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
    waiting = site().world.demo and not rows
    stands = site().world.standing()
    alive = waiting or bool(stands.running) or any(row.running for row in rows)
    return _page("dashboard.html", rows=rows, stands=stands, refresh=alive)


@pages.get("/pulls/<forge>/<owner>/<repo>/<int:number>")
def pull(forge: str, owner: str, repo: str, number: int) -> Response:
    """One pull request: where it stands, and all its runs."""
    ref = pull_ref(forge, owner, repo, number)
    runs = site().world.reports(ref, MAX_RUNS)
    if not runs:
        return _waiting(ref)
    return _page(
        "pull.html",
        runs[0].language,
        ref=ref,
        history=history(runs, site().words.verdict),
        latest=runs[0],
        decisions=ruled.lines(runs[0], _language(runs[0].language), text.mark),
        audit=list(reversed(site().world.audit(ref, MAX_ENTRIES))),
        refresh=_running(runs[0]),
    )


def pull_ref(forge: str, owner: str, repo: str, number: int) -> PullRef:
    """The pull request of an address; 404 for what none can be called."""
    if number > MAX_NUMBER or not all(_NAME.fullmatch(name) for name in (forge, owner, repo)):
        abort(404)
    return PullRef(forge, f"{owner}/{repo}", number)


@pages.get("/reports/<id>")
def report(id: str) -> Response:  # noqa: A002 (named after the part of the address)
    """One run: verdict, what to do next, every finding, every file."""
    found = _found(id)
    world, words = site().world, site().words
    verdict = words.verdict(found)
    counts = words.counts(found)
    runs = world.reports(found.ref, 2 if len(found.paths) > LARGE else RECENT_RUNS)
    rows = reportview.files(found)
    return _page(
        "report.html",
        found.language,
        report=found,
        verdict=verdict,
        counts=counts,
        findings=reportview.arrange(found),
        outages=outages(found.files),
        files=rows,
        total=reportview.total(found),
        steps=reportview.steps(found, verdict, counts, rows),
        command=reportview.local_command(found),
        newer=runs[0] if runs and runs[0].id != found.id else None,
        history=history(runs, words.verdict),
        refresh=_running(found),
        view=reportview,
    )


@pages.get("/reports/<id>.json")
def report_json(id: str) -> Response:  # noqa: A002 (named after the part of the address)
    """The report as data."""
    found = reportview.exported(_found(id))
    return _data(site().words.to_json(found), "application/json")


@pages.get("/reports/<id>.sarif")
def report_sarif(id: str) -> Response:  # noqa: A002 (named after the part of the address)
    """The findings in the form that code scanners exchange."""
    found = _found(id)
    return _data(site().words.sarif(found, _language(found.language)), "application/sarif+json")


@pages.get("/rules")
def rules() -> Response:
    """All rules by code."""
    return _page("rules.html", rules=sorted(site().words.rules(_language()), key=lambda rule: rule.code))


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
    return _page("rule.html", rule=known, body=body, groups=groups)


@pages.get("/failures")
def failure_list() -> Response:
    """What can go wrong that is no mistake on a line of a page."""
    return _page("failures.html", groups=failures.groups(_language()))


@pages.get("/failures/<name>")
def failure(name: str) -> Response:
    """One failure: what is seen, why, whose turn it is, what to do."""
    known = failures.named(name, _language())
    if known is None:
        abort(404)
    return _page("failure.html", failure=known)


@pages.get("/commands")
def commands() -> Response:
    """What may be written in a comment, and by whom."""
    return _page("commands.html", commands=site().words.commands(_language()))


def show(template: str, kept: Mapping[str, Any] = MappingProxyType({}), **values: object) -> Response:
    """A page of another module; `kept` is what of the query stays when the reader changes the language."""
    return _page(template, "", kept, **values)


def error(status: int, id_: str = "") -> Response:
    """A page for an answer that is none, kind and without details; needs nothing of the store."""
    words = status if knows(f"error.{status}.title") else (400 if status < 500 else 500)
    answer = _page("error.html", status=status, words=words, id=id_, refresh=False)
    answer.status_code = status
    return answer


def _waiting(ref: PullRef) -> Response:
    row = next((row for row in site().world.pulls(MAX_PULLS) if row.ref == ref), None)
    if row is None:
        abort(404)
    return _page("waiting.html", ref=ref, row=row, refresh=True)


def _found(id_: str) -> Report:
    found = site().world.report(id_) if _ID.fullmatch(id_) else None
    return found or _absent()


def _absent() -> NoReturn:
    abort(404)


def _running(found: Report) -> bool:
    return found.finished_at is None and not found.trouble


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


def _page(
    template: str, fallback: str = "", kept: Mapping[str, Any] = MappingProxyType({}), **values: object
) -> Response:
    lang = _language(fallback)
    translate = translator(lang)
    html = render_template(
        template,
        t=translate,
        lang=lang,
        demo=site().world.demo,
        now=site().world.now(),
        switch=_switch(lang, kept),
        text=text,
        moment=partial(text.moment, lang=lang),
        knows=knows,
        refresh_seconds=REFRESH,
        message=partial(_message, lang=lang),
        help_text=partial(_help, lang=lang),
        failure_of=failures.of_finding,
        failure_of_condition=failures.of_condition,
        **values,
    )
    answer = Response(html, mimetype="text/html")
    answer.headers["Vary"] = "Accept-Language, Cookie"
    if request.args.get("lang") in LANGUAGES:
        secure = site().world.public_url.startswith("https://")
        answer.set_cookie(COOKIE, lang, max_age=COOKIE_AGE, samesite="Lax", httponly=True, secure=secure)
    return answer
