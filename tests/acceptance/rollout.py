"""A stream of pull requests on both forges while every secret of the deployment is changed under it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from forgesim import Sim

from tests.acceptance.deployment import Deployment, running
from tests.acceptance.judging import Outcome, judge, merge, settle
from tests.acceptance.pages import Hub
from tests.acceptance.rotation import FIRST, MERGER, Rotation, one_line
from tests.acceptance.stream import Stream, share


def rollout(
    hub: Hub,
    folder: Path,
    program: list[str],
    count: int,
    app_key: str,
    tell: Callable[[str], None],
    downloaders: int = 1,
) -> Outcome:
    """The whole story in a folder of its own: deployed, loaded, every secret changed, restarted, judged."""
    secret, password, administrator, opens = (secrets.token_hex(24) for _ in range(4))
    # The simulator needs nginx's port, and the settings the simulator's addresses.
    deployment = Deployment(folder, program, administrator, downloaders)
    sim = Sim(
        repo=hub.path,
        target=deployment.url,
        secret=secret,
        workdir=folder / "simulator",
        github={"app_key": app_key},
    )
    with sim:
        current = {
            "GITHUB_WEBHOOK_SECRET": secret,
            "GITEE_WEBHOOK_SECRET": secret,
            "GITEE_TOKEN": sim.gitee.bot_token,
            "GITHUB_MERGE_TOKEN": sim.github.add_token(MERGER, "write"),
            "GITEE_MERGE_TOKEN": sim.gitee.add_token(MERGER, "admin"),
        }
        address, port = sim.assets.https_address
        deployment.set(
            **current,
            DATABASE_URL=deployment.cluster.address(FIRST, password),
            PUBLIC_URL=deployment.url,
            GITHUB_API_URL=sim.github.url,
            GITHUB_APP_ID=str(sim.github.app.id),
            GITHUB_PRIVATE_KEY=one_line(app_key),
            GITHUB_REPOSITORIES=sim.github.repo.full_name,
            GITEE_API_URL=sim.gitee.api_url,
            GITEE_REPOSITORIES=sim.gitee.repo.full_name,
        )
        # The downloaders alone are told where files are: whoever else opened an address would find none.
        deployment.set_downloader(
            opens, ASSET_CONNECT_TO=f"::{address}:{port}", ASSET_CA_BUNDLE=sim.assets.ca_file
        )
        known = {*current.values(), password, administrator, opens, app_key}
        rotation = Rotation(deployment, sim, current, opens, known)
        made = f"CREATE ROLE {FIRST} LOGIN PASSWORD '{password}'; CREATE DATABASE hubbot OWNER {FIRST};"
        with running(deployment, made.replace("; ", ";\n"), opens):
            return _play(deployment, sim, rotation, Stream(sim, hub.shelf, count), tell)


def _play(
    deployment: Deployment, sim: Sim, rotation: Rotation, stream: Stream, tell: Callable[[str], None]
) -> Outcome:
    begun = time.monotonic()
    stream.start()
    steps = rotation.steps()
    for number, (name, change) in enumerate(steps):
        stream.allow(share(stream.count, len(steps), number))
        started = time.monotonic()
        change()
        took = time.monotonic() - started
        tell(f"{started - begun:6.1f} s  {name}: {took:.1f} s, {len(stream.cases)} opened")
    stream.finish()
    rotated = time.monotonic() - begun
    outcome = Outcome()
    settle(stream, outcome)
    merge(stream, outcome)
    outcome.figures |= {
        "secrets changed": str(len(steps) - 1),
        "restarts of processes": str(deployment.restarts),
        "seconds of changes under load": f"{rotated:.0f}",
        "seconds until the last verdict": f"{time.monotonic() - begun:.0f}",
    }
    sim.wait_quiet(3, 60)
    judge(deployment, sim, rotation, stream, outcome)
    return outcome
