"""Commands speak the language of the locale; tests speak English unless they say otherwise."""

from __future__ import annotations

import pytest

from bot.cli.terminal import LOCALES


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOCALES:
        monkeypatch.delenv(name, raising=False)
