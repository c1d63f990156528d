"""Tells by reading, never by running, whether a `mindspore_hub_conf.py` creates a network of some name."""

from __future__ import annotations

from rules.conf.answer import Answer, Outcome, ask

__all__ = ["Answer", "Outcome", "ask"]
