"""Commands speak the language of the locale, tests English; and what a downloader works with."""

from __future__ import annotations

import pytest

from bot.cli.terminal import LOCALES
from tests.downloads.conftest import certificates, host
from tests.store.conftest import engine, postgresql_url

__all__ = ["certificates", "engine", "host", "postgresql_url"]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOCALES:
        monkeypatch.delenv(name, raising=False)
