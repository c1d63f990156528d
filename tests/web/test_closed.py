"""Where there is nothing to set up, `/setup` says so to everybody, and how to go on."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("path", ["/setup", "/setup/github", "/setup?token=x", "/setup/summary"])
def test_the_set_up_is_closed(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert "var/hubbot.env" in answer.get_data(as_text=True)
    assert client.post(path).status_code == 405
