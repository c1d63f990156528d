"""Reads the `mindspore_hub_conf.py` of models' repositories, and tells a missing one from a silent server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.downloads.port import Downloads
from bot.downloads.texts import Text, TextState
from rules.facts import ConfFile, WantedConf


def conf_files(
    fetcher: Downloads, wanted: Sequence[WantedConf], cancelled: Callable[[], bool]
) -> tuple[Mapping[str, ConfFile], Mapping[str, str]]:
    """`Facts.confs`, and the addresses that could not be read with the reason.

    Forges answer "not found" also to whoever they do not want to answer: a file counts as missing only where
    another file of the same directory is there.
    """
    texts = {text.url: text for text in fetcher.texts([want.url for want in wanted], cancelled)}
    doubtful = [want.beside for want in wanted if _state(texts, want.url) is TextState.ABSENT]
    texts |= {text.url: text for text in fetcher.texts(doubtful, cancelled)}
    found, unread = {}, {}
    for want in wanted:
        text = texts.get(want.url)
        if text is None or text.state is TextState.UNKNOWN:
            unread[want.url] = text.reason if text else "not asked"
        elif text.state is TextState.READ:
            found[want.link] = ConfFile(want.url, True, text.text)
        elif _state(texts, want.beside) is TextState.READ:
            found[want.link] = ConfFile(want.url, False)
        else:
            unread[want.url] = text.reason
    return found, unread


def _state(texts: Mapping[str, Text], url: str) -> TextState:
    text = texts.get(url)
    return text.state if text else TextState.UNKNOWN
