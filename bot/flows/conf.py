"""Reads the conf files that the pages' repositories hold; what cannot be read leaves a question open."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from bot.downloads.confs import conf_files
from bot.flows.run import Run, Stopped
from rules import engine
from rules.facts import ConfFile
from rules.page import Page

log = logging.getLogger("hubbot.review")


def confs(run: Run, pages: Iterable[Page]) -> Mapping[str, ConfFile]:
    """`Facts.confs` for the pages of a pull request. Raises `Stopped` when the run is superseded.

    A server that cannot be reached is not held against anybody, nor does it keep the gate closed: the gate is
    about the page and its files.
    """
    found, open_questions = conf_files(run.world.fetcher, engine.wanted_confs(pages), run.stopped)
    if run.stopped():
        raise Stopped
    for url, reason in open_questions.items():
        log.info("%s: %s could not be read: %s", run.ref, url, reason)
    return found
