"""Looks a deployment over: each check says what it saw, why it matters and what to do."""

from __future__ import annotations

from bot.doctor.check import Check, State, failing, ok, skipped
from bot.doctor.examine import Examination, examine

__all__ = ["Check", "Examination", "State", "examine", "failing", "ok", "skipped"]
