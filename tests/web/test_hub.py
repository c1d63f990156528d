"""Hub health: verdict, incidents first, filters and order without script, feed, badge, hostile text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from bot.review.health import DAY, Declared, History, observed
from bot.store.auditrows import ALIVE, DIGESTS, Published
from bot.store.audits import AuditStore
from bot.store.database import open_database, upgrade
from bot.store.hubview import HubView
from bot.web.hublist import ROWS
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault
from tests.web.test_hostile import HOSTILE, harmless
from tests.web.worlds import NOW, MemoryWorld, page

HUB = "github/MindSpore/Hub"
HOST = "https://download.mindspore.cn/"
A, B = "a" * 64, "b" * 64
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def audits(world: MemoryWorld, tmp_path: Path) -> Iterator[AuditStore]:
    """The audit's memory behind the pages."""
    engine = open_database(f"sqlite:///{tmp_path / 'hub.sqlite'}")
    upgrade(engine)
    world.hub = HubView(engine)
    yield AuditStore(engine)
    engine.dispose()


def published(number: int, sha256: str = A, publisher: str = "mindspore", name: str = "") -> Published:
    name = name or f"m{number:03}"
    path = f"mshub_res/assets/{publisher}/1.9/{name}.md"
    return Published(path, publisher, "1.9", name, (Declared(f"{HOST}{number}.ckpt", sha256, "ckpt"),))


def read(number: int, digest: str = A, at: float = NOW - DAY, before: History | None = None) -> History:
    file = RemoteFile(
        f"{HOST}{number}.ckpt", RemoteState.MEASURED, sha256=digest, size=1_000_000, measured_at=at
    )
    return observed(before, file, {A})


def gone(number: int) -> History:
    history: History | None = None
    for at in (NOW - 3 * DAY, NOW - DAY):
        missing = RemoteFile(
            f"{HOST}{number}.ckpt",
            RemoteState.WRONG,
            reason="not-found",
            detail="HTTP 404",
            fault=Fault.CONTRIBUTOR,
            measured_at=at,
        )
        history = observed(history, missing, {A})
    assert history is not None
    return history


def rot(audits: AuditStore, pages: int = 5) -> None:
    """A hub whose page 1 changed, page 2 is gone, page 3 declares half a digest, and the rest is sound."""
    listed = [published(n, A[:8] if n == 3 else A) for n in range(pages)]
    begun = audits.begin(HUB, DIGESTS, "c0", listed, NOW - 4 * DAY)
    for number in range(pages):
        audits.record(read(number), NOW - DAY)
    audits.record(read(1, B, NOW, read(1)), NOW)
    audits.record(gone(2), NOW)
    audits.finish(begun, NOW)


def test_before_the_first_round_it_says_how_to_begin(client: FlaskClient, audits: AuditStore) -> None:
    assert "AUDIT_EVERY_HOURS" in page(client, "/hub")
    assert "还没有进行过巡检" in page(client, "/hub?lang=zh")
    page(client, "/hub.atom", 404)
    assert "no data yet" in page(client, "/hub/badge.svg?lang=en")


def test_incidents_come_first_and_changed_files_before_all(client: FlaskClient, audits: AuditStore) -> None:
    rot(audits)
    html = page(client, "/hub")
    assert "2 published files changed or are gone" in html
    assert html.index("1.ckpt") < html.index("2.ckpt") < html.index("Pages by state")
    assert A in html
    assert B in html
    assert "2 of 5 pages verified" in html
    assert "有 2 个已发布的文件被更改或已消失" in page(client, "/hub?lang=zh")


@pytest.mark.parametrize(
    ("looks", "words"),
    [
        ((), "The first round is under way"),
        ((read(0),), "Everything published is as its pages say"),
        ((read(0, B),), "1 page needs an owner"),
    ],
)
def test_verdicts_without_incident(
    client: FlaskClient, audits: AuditStore, looks: tuple[History, ...], words: str
) -> None:
    audits.begin(HUB, DIGESTS, "c0", [published(0)], NOW - 2 * DAY)
    for history in looks:
        audits.record(history, NOW)
    html = page(client, "/hub")
    assert words in html
    assert "files looked at" in html


def names(html: str) -> list[str]:
    return re.findall(r"<tr><td>.*?<bdi>(m\d+)</bdi>", html, re.DOTALL)


def test_the_list_is_filtered_and_sorted_by_its_address(client: FlaskClient, audits: AuditStore) -> None:
    rot(audits)
    assert names(page(client, "/hub")) == ["m001", "m002", "m003", "m000", "m004"]
    assert names(page(client, "/hub?sort=page&desc=1")) == ["m004", "m003", "m002", "m001", "m000"]
    assert names(page(client, "/hub?state=dead")) == ["m002"]
    assert names(page(client, "/hub?publisher=nobody")) == []
    html = page(client, "/hub?sort=page&state=sound")
    assert 'aria-sort="ascending"' in html
    assert 'href="/hub?state=sound&amp;sort=page&amp;desc=1#list"' in html
    assert '/hub?state=sound&amp;sort=page&amp;lang=zh"' in html


@pytest.mark.parametrize(
    "query", ["sort=x", "state=x", "page=0", "page=-1", "page=²", "page=9e9", "desc=yes"]
)
def test_odd_queries_are_the_default(client: FlaskClient, audits: AuditStore, query: str) -> None:
    rot(audits)
    assert names(page(client, f"/hub?{query}")) == ["m001", "m002", "m003", "m000", "m004"]


def test_a_large_hub_is_shown_in_bounded_pieces(client: FlaskClient, audits: AuditStore) -> None:
    audits.begin(HUB, DIGESTS, "c0", [published(n) for n in range(400)], NOW)
    html = page(client, "/hub?page=2")
    assert len(names(html)) == ROWS
    assert "Page 2 of 8" in html
    assert 'rel="prev"' in html
    assert 'rel="next"' in html
    assert len(html) < 60_000
    assert "Page 8 of 8" in page(client, f"/hub?page={10**40}")


def test_a_list_that_is_asked_beyond_its_end_shows_its_end(client: FlaskClient, audits: AuditStore) -> None:
    audits.begin(HUB, DIGESTS, "c0", [published(n) for n in range(ROWS + 2)], NOW)
    html = page(client, "/hub?page=99&sort=page")
    assert names(html) == [f"m{ROWS:03}", f"m{ROWS + 1:03}"]
    assert "Page 2 of 2" in html
    assert 'rel="next"' not in html
    assert 'href="/hub?sort=page&amp;page=2&amp;lang=zh"' in html
    assert "No page is like this." in page(client, "/hub?publisher=nobody&page=7")


def test_incidents_that_are_not_shown_are_in_the_list(client: FlaskClient, audits: AuditStore) -> None:
    """Also where none of them changed, and whatever the list was filtered and sorted by."""
    audits.finish(audits.begin(HUB, DIGESTS, "c0", [published(n) for n in range(60)], NOW - 4 * DAY), NOW)
    for number in range(40, 52):
        audits.record(gone(number), NOW)
    html = page(client, "/hub?publisher=mindspore&sort=page&desc=1&page=2")
    more = re.search(r'<p class="more"><a href="([^"]*)#list">4 more', html)
    assert more is not None
    assert names(page(client, more[1]))[:12] == [f"m{n:03}" for n in range(40, 52)]


def test_the_trend_has_a_name_a_description_and_a_table(client: FlaskClient, audits: AuditStore) -> None:
    rot(audits)
    assert '<svg viewBox="0 0 720' not in page(client, "/hub")
    audits.finish(audits.begin(HUB, ALIVE, "c0", [published(n) for n in range(5)], NOW), NOW + 1)
    html = page(client, "/hub")
    assert re.search(
        r'<svg [^>]*role="img" aria-labelledby="chart-title chart-desc">\s*<title id="chart-title">', html
    )
    assert 'class="band-0"' in html
    assert "The same as a table" in html
    assert " style=" not in html


def test_one_page_says_what_is_known_and_what_to_do(client: FlaskClient, audits: AuditStore) -> None:
    rot(audits)
    changed = page(client, "/hub/mindspore/1.9/m001")
    assert "Find out who replaced it" in changed
    assert "hubbot sha256 https://download.mindspore.cn/1.ckpt" in changed
    assert "1,000,000 B (976.6 KiB)" in changed
    assert "Incidents of this page" in changed
    dead = page(client, "/hub/mindspore/1.9/m002")
    assert "There is no file at this address." in dead
    assert "on 2 days" in dead
    assert "lang=zh" in dead
    page(client, "/hub/mindspore/1.9/m999", 404)
    page(client, "/hub/../../etc/passwd", 404)


def test_the_feed_is_atom(client: FlaskClient, audits: AuditStore) -> None:
    rot(audits)
    answer = client.get("/hub.atom?lang=en")
    assert answer.mimetype == "application/atom+xml"
    feed = ET.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert sorted(titles) == ["Changed: 1.ckpt", "Gone: 2.ckpt"]
    links = [entry.find(f"{ATOM}link").get("href") for entry in feed.findall(f"{ATOM}entry")]  # type: ignore[union-attr]  # each has one
    assert "https://bot.example/hub/mindspore/1.9/m001" in links
    ids = {entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")}
    assert len(ids) == 2
    assert "被更改：1.ckpt" in page(client, "/hub.atom?lang=zh")


def test_an_incident_that_is_over_says_so(client: FlaskClient, audits: AuditStore) -> None:
    rot(audits)
    audits.record(read(1, A, NOW + 1, read(1, B, NOW, read(1))), NOW + 1)
    assert "Changed: 1.ckpt (over)" in page(client, "/hub.atom?lang=en")
    assert "1 published file changed or is gone" in page(client, "/hub")


@pytest.mark.parametrize(("lang", "words"), [("en", "2 incidents"), ("zh", "2 个事故")])
def test_the_badge(client: FlaskClient, audits: AuditStore, lang: str, words: str) -> None:
    rot(audits)
    answer = client.get(f"/hub/badge.svg?lang={lang}")
    assert answer.mimetype == "image/svg+xml"
    assert "max-age" in answer.headers["Cache-Control"]
    assert ET.fromstring(answer.data).tag.endswith("svg")
    assert words in answer.get_data(as_text=True)


def test_a_badge_of_a_sound_hub_never_rounds_up(client: FlaskClient, audits: AuditStore) -> None:
    audits.begin(HUB, DIGESTS, "c0", [published(n) for n in range(300)], NOW - 2 * DAY)
    for number in range(299):
        audits.record(read(number), NOW)
    assert "99% verified" in page(client, "/hub/badge.svg")


def test_several_hubs_and_only_those_that_are_served(
    client: FlaskClient, world: MemoryWorld, audits: AuditStore
) -> None:
    world.repositories = {"github": frozenset({"MindSpore/Hub"}), "gitee": frozenset({"mindspore/hub"})}
    rot(audits)
    audits.begin("gitee/mindspore/hub", DIGESTS, "c0", [published(7)], NOW)
    audits.begin("github/another/hub", DIGESTS, "c0", [published(8)], NOW)
    html = page(client, "/hub?repo=gitee/mindspore/hub")
    assert names(html) == ["m007"]
    assert 'href="/hub/mindspore/1.9/m007?repo=gitee/mindspore/hub"' in html
    page(client, "/hub/mindspore/1.9/m007?repo=gitee/mindspore/hub")
    page(client, "/hub/mindspore/1.9/m007", 200)
    page(client, "/hub?repo=github/another/hub", 404)


def test_a_page_of_the_second_hub_stays_there(
    client: FlaskClient, world: MemoryWorld, audits: AuditStore
) -> None:
    world.repositories = {"github": frozenset({"MindSpore/Hub"}), "gitee": frozenset({"mindspore/hub"})}
    audits.begin("gitee/mindspore/hub", DIGESTS, "c0", [published(7)], NOW)
    audits.begin(HUB, DIGESTS, "c1", [published(500)], NOW)
    html = page(client, f"/hub/mindspore/1.9/m500?repo={HUB}")
    assert "GitHub MindSpore/Hub" in html
    assert f'class="crumbs"><a href="/hub?repo={HUB}"' in html
    switch = re.search(r'class="language" href="([^"]*)"', html)
    assert switch is not None
    assert "等待中" in page(client, unescape(switch[1]))
    assert "GitHub MindSpore/Hub" in page(client, "/hub?repo=gitee/mindspore/hub&lang=en")


def test_a_page_leads_to_its_source(client: FlaskClient, world: MemoryWorld, audits: AuditStore) -> None:
    """At the commit that was audited; on a forge that nobody can look at there is no link."""
    audits.finish(audits.begin(HUB, DIGESTS, "c0", [published(7)], NOW), NOW)
    audits.begin(HUB, ALIVE, "c1", [published(7, name="a b#c")], NOW + 1)
    link = '<a href="https://github.com/MindSpore/Hub/blob/c1/mshub_res/assets/mindspore/1.9/a%20b%23c.md"'
    assert link in page(client, "/hub/mindspore/1.9/a%20b%23c")
    world.sites = {}
    assert "/blob/" not in page(client, "/hub/mindspore/1.9/a%20b%23c")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(client: FlaskClient, audits: AuditStore, text: str) -> None:
    bad = Published(f"mshub_res/assets/{text}.md", text, text, text, (Declared(f"{HOST}{text}", text, text),))
    odd = Published("mshub_res/assets/odd.md", text, text, text, (Declared(f"{HOST}1.ckpt", text, text),))
    audits.begin(HUB, DIGESTS, "c0", [bad, odd], NOW - 2 * DAY)
    before = read(1, B, NOW - DAY)
    file = RemoteFile(
        f"{HOST}1.ckpt", RemoteState.WRONG, reason=text or "x", detail=text, content=text, measured_at=NOW
    )
    audits.record(observed(before, file, set()), NOW)
    audits.record(read(1, A, NOW + 1, before), NOW + 1)
    for path in ("/hub", "/hub/odd", "/hub?lang=zh&publisher=" + "%3Cb%3E"):
        harmless(page(client, path))
    ET.fromstring(client.get("/hub.atom").data)
