"""That gunicorn takes our settings and that they say what we mean."""

from __future__ import annotations

import logging

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # gunicorn has no types

from bot.web.gunicorn import GRACEFUL, options
from tests.loglines import logged


def configured(host: str = "127.0.0.1") -> Config:
    config = Config()
    for name, value in options(host, 8000).items():
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


def test_its_lines_have_the_form_of_all_others() -> None:
    error = logging.getLogger("gunicorn.error")
    before = (error.handlers[:], error.propagate, error.level)
    try:
        with logged("c4nary-secret") as lines:
            config = configured()
            config.logger_class(config).warning("Invalid request: %s", "c4nary-secret")
        (line,) = lines()
    finally:
        error.handlers[:], error.propagate, level = before
        error.setLevel(level)
    assert (line["logger"], line["level"]) == ("gunicorn.error", "warning")
    assert line["message"] == "Invalid request: [redacted]"
