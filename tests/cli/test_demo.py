"""`hubbot demo` prepares a world, hands it to the server, and clears up after it."""

from __future__ import annotations

import argparse
import socket
from pathlib import Path

import pytest

from bot.cli import demo
from bot.forges.demo.world import DemoWorld

pytestmark = pytest.mark.network


def parse(*args: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    demo.add_parser(parser.add_subparsers())
    return parser.parse_args(args)


def test_the_command_is_known_and_has_a_default_place() -> None:
    args = parse("demo")
    assert args.workdir == Path("var/demo")


def test_the_server_runs_on_a_prepared_world_and_its_exit_code_is_ours(tmp_path: Path) -> None:
    seen: list[DemoWorld] = []

    def supervise(world: DemoWorld) -> int:
        seen.append(world)
        assert len(list(world.forge().open_pulls(world.repository))) == 6
        return 3

    assert demo.run(parse("demo", "--workdir", str(tmp_path / "demo")), supervise) == 3
    (world,) = seen
    assert world.workdir == tmp_path / "demo"
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", world.files.port))
