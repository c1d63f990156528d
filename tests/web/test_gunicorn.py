"""That gunicorn takes our settings and that they say what we mean."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # gunicorn has no types

from bot.web.gunicorn import GRACEFUL, options


@dataclass(frozen=True)
class Address:
    host: str
    port: int


def configured(host: str = "127.0.0.1") -> Config:
    config = Config()
    for name, value in options(Address(host, 8000)).items():
        config.set(name, value)
    return config


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", ("127.0.0.1", 8000)), ("::1", ("::1", 8000))])
def test_it_listens_where_the_settings_say(host: str, address: tuple[str, int]) -> None:
    assert configured(host).address == [address]


def test_it_opens_no_control_socket_and_logs_no_addresses() -> None:
    config = configured()
    assert config.control_socket_disable is True
    assert config.accesslog is None


def test_it_outlives_a_waiting_writer_and_ends_before_it_is_killed() -> None:
    config = configured()
    assert config.timeout > 30 > config.graceful_timeout == GRACEFUL
    assert config.workers * config.threads <= 16
    assert config.worker_class_str == "gthread"
    assert not config.preload_app
