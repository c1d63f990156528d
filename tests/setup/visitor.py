"""A person on the set-up's pages of a running `hubbot serve`, over real HTTP."""

from __future__ import annotations

import re

import requests

FORM = re.compile(r'name="form" value="([0-9a-f]+)"')
#: What the console says at a first start.
LINK = re.compile(r"http://127\.0\.0\.1:\d+/setup\?token=[\w-]+")


class Visitor:
    """Follows links and fills in forms, and keeps the cookies."""

    def __init__(self, origin: str) -> None:
        self.origin, self.session = origin, requests.Session()
        self.session.trust_env = False

    def get(self, path: str) -> str:
        answer = self.session.get(f"{self.origin}{path}", timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, **fields: str) -> str:
        known = FORM.search(self.get(path))
        assert known is not None
        answer = self.session.post(f"{self.origin}{path}", data={"form": known[1], **fields}, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text
