"""The client of Gitee's API against real servers, good and bad ones, on the loopback interface."""

import socket
import threading
import time

import pytest

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.gitee.http import MAX_PAGES, Api, RequestError, TooLargeError, repo_path, segment

pytestmark = pytest.mark.network

TOKEN = "t0ken-of-the-bot"
NOW = 1_700_000_000.0


@pytest.fixture
def naps():
    return []


@pytest.fixture
def api(fake, naps):
    made = Api(fake.url, TOKEN, now=lambda: NOW, sleep=naps.append)
    yield made
    made.close()


def test_the_token_is_in_a_header_and_nowhere_else(fake, api):
    fake.on("GET", None)
    api.get("/user", {"page": "1"})
    asked = fake.asked[0]
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in f"{asked.path}{asked.query}{asked.body}"


def test_nothing_of_the_environment_is_used(fake, api, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert api.get("/user")["login"] == "hub-bot"
    assert fake.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_cookies_are_not_kept(fake, api, reply):
    fake.on("GET /user", reply(200, {}, {"Set-Cookie": "a=b; Path=/"}))
    api.get("/user")
    api.get("/user")
    assert "Cookie" not in fake.asked[1].headers


@pytest.mark.parametrize("token", ["a b", "a\nb", "密码"])
def test_a_token_that_cannot_be_sent_is_refused_without_being_shown(token):
    with pytest.raises(ValueError) as error:
        Api("http://127.0.0.1", token)
    assert token not in str(error.value)


def test_what_is_public_is_read_without_a_token(fake, reply):
    made = Api(fake.url, "")
    fake.on("GET /user", reply(401, {"message": "sign in"}))
    with pytest.raises(RequestError) as error:
        made.get("/user")
    made.close()
    assert "Authorization" not in fake.asked[0].headers
    assert "sign in" in str(error.value)


@pytest.mark.parametrize(
    "repo", ["", "hub", "a/b/c", "../user", "./x", "a/..", "a/.", "a b/c", "a/b?x", "a/b\n"]
)
def test_only_a_repository_name_goes_into_a_path(repo):
    with pytest.raises(ForgeError) as error:
        repo_path(repo)
    assert error.value.permanent


def test_a_segment_is_encoded_whole():
    assert segment("hubbot:a/b?#") == "hubbot%3Aa%2Fb%3F%23"


ERRORS = [
    (400, {}, True, None),
    (401, {}, True, None),
    (403, {}, True, None),
    (403, {"Retry-After": "5"}, False, NOW + 5),
    (404, {}, False, None),
    (409, {}, True, None),
    (418, {}, False, NOW + 60),
    (422, {}, True, None),
    (429, {}, False, NOW + 60),
    (429, {"Retry-After": "7"}, False, NOW + 7),
    (429, {"Retry-After": "Tue, 14 Nov 2023 22:13:30 GMT"}, False, NOW + 10),
    (429, {"Retry-After": "Tue, 14 Nov 2000 22:13:30 GMT"}, False, NOW),
    (429, {"Retry-After": "999999999"}, False, NOW + 86_400),
    (429, {"Retry-After": "soon"}, False, NOW + 60),
    (429, {"Retry-After": "-1"}, False, NOW + 60),
    (503, {"Retry-After": "3"}, False, NOW + 3),
    (301, {"Location": "http://127.0.0.1:9/"}, True, None),
]


@pytest.mark.parametrize(("status", "headers", "permanent", "retry_at"), ERRORS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_refusal_says_whether_and_when_to_try_again(
    fake, api, reply, naps, method, status, headers, permanent, retry_at
):
    for verb in ("GET", "POST"):
        fake.on(f"{verb} /user", reply(status, {"message": f"no, {TOKEN}\n"}, headers))
    with pytest.raises(RequestError) as error:
        api.get("/user") if method == "get" else api.post("/user", {})
    assert (error.value.status, error.value.permanent, error.value.retry_at) == (status, permanent, retry_at)
    assert TOKEN not in str(error.value)
    assert str(error.value).isprintable()
    assert (len(fake.asked), naps) == (1, [])


def test_a_rate_limit_may_look_like_a_refusal(fake, api, reply):
    fake.on("GET /user", reply(403, {"message": "403 Forbidden (Rate Limit Exceeded)"}))
    with pytest.raises(RequestError) as error:
        api.get("/user")
    assert error.value.retry_at == NOW + 60


@pytest.mark.parametrize("bad", [{"status": 502}, {"raw": b"<html>"}, {"raw": b'{"a"'}, {"raw": b"\xff"}])
def test_a_read_is_tried_again(fake, api, reply, naps, bad):
    fake.spoil("GET /user", reply(**bad), reply(**bad))
    assert api.get("/user")["login"] == "hub-bot"
    assert naps == [0.25, 0.5]


@pytest.mark.parametrize("bad", [{"status": 502}, {"raw": b"<html>"}, {"raw": b"[" * 100_000}])
def test_a_read_is_not_tried_for_ever(fake, api, reply, bad):
    fake.on("GET /user", reply(**bad))
    with pytest.raises(RequestError) as error:
        api.get("/user")
    assert (len(fake.asked), error.value.permanent) == (3, False)


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_write_is_never_tried_again(fake, api, reply, method):
    fake.on(f"{method.upper()} /x", reply(502))
    with pytest.raises(RequestError) as error:
        getattr(api, method)("/x", {"a": 1})
    assert len(fake.asked) == 1
    assert error.value.may_have_worked


def test_removing_what_is_gone_is_done(fake, api, reply):
    api.delete("/gone")
    fake.on("DELETE /kept", reply(403, {}))
    with pytest.raises(RequestError):
        api.delete("/kept")


def test_a_list_ends_at_its_last_page(fake, api):
    fake.per_page = 2
    fake.labels = ["a1", "a2", "a3", "a4", "a5"]
    assert [item["name"] for item in api.pages("/repos/acme/hub/pulls/5/labels")] == fake.labels
    assert [a.query["page"] for a in fake.asked] == ["1", "2", "3"]
    assert {a.query["per_page"] for a in fake.asked} == {"100"}


def test_a_list_without_a_count_ends_with_an_empty_page(fake, api, reply):
    fake.spoil(
        "GET /x", reply(200, [{"id": 1}]), reply(200, [{"id": 1}, {"id": 2}]), reply(200, []), before=True
    )
    assert [item["id"] for item in api.pages("/x")] == [1, 2]


def test_a_list_that_ignores_the_page_is_read_once(fake, api, reply):
    fake.on("GET /x", reply(200, [{"id": 1}], {"total_page": "5"}))
    assert [item["id"] for item in api.pages("/x")] == [1]
    assert len(fake.asked) == 2


def test_a_list_without_end_is_given_up(fake, api, reply):
    fake.on("GET /x", reply(200, [{}]))
    with pytest.raises(CouldNotVerify):
        list(api.pages("/x"))
    assert len(fake.asked) == MAX_PAGES


@pytest.mark.parametrize("value", [None, {}, "x"])
def test_a_list_must_be_a_list(fake, api, value):
    fake.on("GET /x", value)
    with pytest.raises(RequestError):
        list(api.pages("/x"))


def test_a_long_answer_is_cut_off(fake, api, reply):
    fake.on("GET /x", reply(raw=b"x" * 300_000))
    with pytest.raises(TooLargeError) as error:
        api.get("/x", limit=100_000)
    assert 100_000 < len(error.value.start) < 300_000
    assert len(fake.asked) == 1


@pytest.fixture
def drip():
    """A server that sends what it is given, then a byte each 20 ms for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve(start):
        def run():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(start)
                while not stop.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=run)
        threads.append(thread)
        thread.start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    threads = []
    yield serve
    stop.set()
    for thread in threads:
        thread.join()
    listener.close()


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX-Endless: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["headers", "a body with a length", "a body without a length"],
)
def test_a_dripping_answer_ends_at_the_wall_clock(drip, naps, start):
    api = Api(drip(start), TOKEN, deadline=0.25, sleep=naps.append)
    began = time.monotonic()
    with pytest.raises(RequestError, match=r"longer than 0\.25 s") as error:
        api.get("/x")
    assert time.monotonic() - began < 2
    assert (naps, error.value.permanent) == ([], False)
    api.close()


def test_a_silent_server_ends_at_the_read_timeout():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api = Api(f"http://127.0.0.1:{listener.getsockname()[1]}", TOKEN, timeout=(1.0, 0.1))
        with pytest.raises(RequestError, match="no answer") as error:
            api.post("/x", {})
        assert (error.value.permanent, error.value.status) == (False, 0)
        api.close()


def test_a_server_that_is_not_there_is_a_passing_trouble(naps):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    api = Api(f"http://127.0.0.1:{port}", TOKEN, sleep=naps.append)
    with pytest.raises(RequestError) as error:
        api.get("/x")
    assert not error.value.permanent
    assert len(naps) == 2
    api.close()
