"""Alerts: each leads to its runbook, asks for figures that there are, and fires when it should."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.model import Delivery, Intent
from bot.review.report import Verdict
from bot.store import counters
from bot.store.allowances import Account
from bot.store.database import open_database, upgrade
from bot.store.store import Store
from bot.web.figures import told
from rules.facts import RemoteState
from rules.finding import Fault

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
FILE = ROOT / "deploy/alerts.yml"
ALERTS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"][0]["rules"]
#: What a forge counts, by the names that the composition root gives its credentials.
CREDENTIALS = re.findall(r'_kept\(store, "([a-z ]+)"\)', (ROOT / "bot/wiring.py").read_text(encoding="utf-8"))
#: What GitHub counts apart of the rest, as far as we ask for it.
RESOURCES = {"github": " graphql", "github merge": " graphql"}
COUNTED = {
    *(f"verdicts_{one}_total".replace("-", "_") for one in Verdict if one not in ("running", "superseded")),
    *(f"findings_{fault}_total" for fault in Fault),
    *(f"files_{state}_total" for state in RemoteState),
    *("file_bytes_total", "runs_broken_total", "orders_unanswered_total"),
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[set[str]]:
    """Every figure that a worker can show, without `hubbot_`."""
    engine = open_database(f"sqlite:///{tmp_path / 'hubbot.sqlite'}")
    upgrade(engine)
    store = Store(engine)
    for name in CREDENTIALS:
        for resource in ("", RESOURCES.get(name, "")):
            headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "9"}
            Account(engine, name + resource).told(headers)
    store.accept(Delivery("github", "d", "e", "", Intent.REVIEW, "o/n", 1), {}, b"{}", 1.0)
    store.count(dict.fromkeys(COUNTED, 1.0))
    yield {"store_up", *store.figures(0.0)}
    engine.dispose()


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_leads_to_its_runbook(rule: dict[str, Any]) -> None:
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor == rule["alert"].lower()
    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert re.fullmatch(r"\d+[mh]", rule["for"])


def test_every_figure_that_is_named_is_there(served: set[str]) -> None:
    asked = {name for rule in ALERTS for name in re.findall(r"hubbot_(\w+)", rule["expr"])}
    assert asked
    assert asked <= served
    assert set(re.findall(r"`hubbot_(\w+)`", RUNBOOK)) <= served


def test_every_figure_says_what_it_counts(served: set[str]) -> None:
    shown = {name for name in served if not name.startswith(counters.INGEST)} | {counters.INGEST}
    said = {name: told(name) for name in shown}
    assert {name for name, words in said.items() if words == told("what nobody knows")} == set()
    assert len(set(said.values())) == len(shown)
    assert said["findings_contributor_total"].endswith(": contributor.")
    assert said["github_merge_requests_left"].endswith(": github merge.")


def test_whatever_a_forge_counts_has_its_alert() -> None:
    (short,) = (rule["expr"] for rule in ALERTS if rule["alert"] == "HubbotRequestsShort")
    kept = {f"{name}{resource}" for name in CREDENTIALS for resource in ("", RESOURCES.get(name, ""))}
    assert len(kept) == 6
    names = {one.replace(" ", "_") for one in kept}
    asked = re.findall(r"hubbot_(\w+)_requests_left < 0.1 \* hubbot_(\w+)_requests_limit", short)
    assert sorted(asked) == sorted((name, name) for name in names)


def test_the_runbook_has_the_jobs_that_the_alerts_rest_on() -> None:
    block = re.search(r"```yaml\n(scrape_configs:.*?)```", RUNBOOK, re.DOTALL)
    assert block is not None
    jobs = {one["job_name"]: one for one in yaml.safe_load(block[1])["scrape_configs"]}
    probed = {job for rule in ALERTS for job in re.findall(r'probe_success\{job="([^"]+)"\}', rule["expr"])}
    assert probed == {"hubbot-readyz"}
    assert jobs["hubbot-readyz"]["params"]["target"][0].endswith("/readyz")
    assert jobs["hubbot"]["static_configs"][0]["targets"] == ["worker:9000", "downloader:9000"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize("words", [("check", "rules", str(FILE)), ("test", "rules", "alerts.yml")])
def test_prometheus_understands_and_fires_them(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *words],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
