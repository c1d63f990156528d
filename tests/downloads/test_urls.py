"""Which addresses pass the check before anything is opened, and how a redirect is followed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.downloads.addresses import refusal
from bot.downloads.limits import Limits
from bot.downloads.outcome import Refused
from bot.downloads.urls import LONGEST, check, follow

LIMITS = Limits()
HTTP = Limits(plain_http=True)

#: As written, and (host, path) as opened.
OPENED = [
    ("https://download.mindspore.cn/a.ckpt", ("download.mindspore.cn", "/a.ckpt")),
    ("https://download.mindspore.cn", ("download.mindspore.cn", "/")),
    ("HTTPS://Download.MindSpore.CN/A.ckpt", ("download.mindspore.cn", "/A.ckpt")),
    ("https://download.mindspore.cn:443/a", ("download.mindspore.cn", "/a")),
    ("https://download.mindspore.cn:/a", ("download.mindspore.cn", "/a")),
    ("https://download.mindspore.cn./a", ("download.mindspore.cn", "/a")),
    ("https://h.example.com/a?b=c#d", ("h.example.com", "/a?b=c")),
    ("https://h.example.com?b=c", ("h.example.com", "/?b=c")),
    ("https://h.example.com/模型.ckpt", ("h.example.com", "/%E6%A8%A1%E5%9E%8B.ckpt")),
    ("https://h.example.com/a%20b", ("h.example.com", "/a%20b")),
    ("https://h.example.com/a@b:c", ("h.example.com", "/a@b:c")),
    ("https://h.example.com/a/../b", ("h.example.com", "/b")),
    ("https://xn--fsqu00a.xn--0zwm56d/a", ("xn--fsqu00a.xn--0zwm56d", "/a")),
    ("https://a_b.example.com/a", ("a_b.example.com", "/a")),
    ("https://1.1.1.1/a", ("1.1.1.1", "/a")),
    ("https://[2606:4700::1111]/a", ("2606:4700::1111", "/a")),
]

REFUSED = [
    # schemes
    "http://h.example.com/a",
    "ftp://h.example.com/a",
    "file:///etc/passwd",
    "gopher://h.example.com/a",
    "data:text/plain,x",
    "//h.example.com/a",
    "h.example.com/a",
    "https:h.example.com/a",
    "https:/h.example.com/a",
    "https:///a",
    "https://",
    "",
    # credentials and second readings
    "https://user@h.example.com/a",
    "https://user:pw@h.example.com/a",
    "https://@h.example.com/a",
    "https://127.0.0.1\\@pub.example.com/",
    "https://pub.example.com\\@127.0.0.1/",
    "https://pub.example.com\\.internal/",
    "https:\\\\127.0.0.1/",
    "https://h.example.com#@127.0.0.1:1\\/",
    "https://h.exa mple.com/",
    " https://h.example.com/",
    "https://h.example.com/a b",
    "https://h.example.com/a\r\nHost: x",
    "https://h.example.com/a\tb",
    "https://h.example.com/a\x00",
    "https://h.example.com/a\x7f",
    "https://h.example.com/a\u2028b",
    "https://h.example.com/\ud800",
    "https://h%2eexample.com/",
    "https://127.0.0.1%00.example.com/",
    "https://h.example.com:80:443/",
    # not ASCII
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://ⓛocalhost/",
    "https://exam\u200bple.com/",
    "https://例子.测试/",
    "https://h.example.com:４４３/",
    # malformed names
    "https://-a.example.com/",
    "https://a..example.com/",
    "https://.example.com/",
    "https://example.com../",
    f"https://{'a' * 64}.example.com/",
    f"https://{'a.' * 126}com/",
    "https://h!.example.com/",
    # numbers that are no plain addresses
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://1.2.3.4.5/",
    "https://a.0x1/",
    "https://1.1.1.256/",
    "https://[::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[v1.x]/",
    "https://[::1/",
    "https://[]/",
    # ports
    "https://h.example.com:22/",
    "https://h.example.com:25/",
    "https://h.example.com:80/",
    "https://h.example.com:6379/",
    "https://h.example.com:8080/",
    "https://h.example.com:8443/",
    "https://h.example.com:0/",
    "https://h.example.com:65536/",
    "https://h.example.com:-1/",
    "https://h.example.com:99999999/",
    "https://h.example.com/" + "a" * LONGEST,
]

NOT_PUBLIC = [
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://10.1.2.3/",
    "https://0.0.0.0/",
    "https://100.100.100.200/latest/meta-data",
    "https://168.63.129.16/",
    "https://169.254.169.254/latest/meta-data",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://router.home.arpa/",
    "https://redis/",
    "https://kubernetes/",
    "https://something.onion/",
]


@pytest.mark.parametrize(("url", "opened"), OPENED)
def test_good_addresses_pass(url: str, opened: tuple[str, str]) -> None:
    target = check(url, LIMITS)
    assert (target.host, target.path) == opened
    assert (target.scheme, target.port) == ("https", 443)
    assert check(target.url, LIMITS) == target, "what is opened passes again"


@pytest.mark.parametrize("url", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        check(url, LIMITS)
    assert caught.value.reason == "url-refused"
    assert "pw" not in caught.value.detail


@pytest.mark.parametrize("url", NOT_PUBLIC)
def test_what_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        check(url, LIMITS)
    assert caught.value.reason == "address-refused"


def test_plain_http_only_where_it_is_granted() -> None:
    assert check("http://h.example.com/a", HTTP).port == 80
    for url in ("http://h.example.com:443/a", "https://h.example.com:80/a", "http://127.0.0.1/"):
        with pytest.raises(Refused):
            check(url, HTTP)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://h.example.com/b"),
        ("b", "https://h.example.com/x/b"),
        ("?q", "https://h.example.com/x/a?q"),
        ("//other.example.com/b", "https://other.example.com/b"),
        ("https://other.example.com/b", "https://other.example.com/b"),
        ("/模".encode().decode("latin-1"), "https://h.example.com/%E6%A8%A1"),
    ],
)
def test_redirects_are_followed(location: str, url: str) -> None:
    assert follow(check("https://h.example.com/x/a", LIMITS), location, LIMITS).url == url


@pytest.mark.parametrize(
    "location",
    [
        "http://h.example.com/a",
        "HTTP://h.example.com/a",
        "//127.0.0.1/",
        "https://169.254.169.254/",
        "https://2130706433/",
        "https://u:p@h.example.com/",
        "https://h.example.com:22/",
        "\\\\127.0.0.1\\",
        "/\\127.0.0.1",
        "///127.0.0.1/",
        "file:///etc/passwd",
        "gopher://h.example.com/",
        "javascript:x",
        "https://[/",
        "https://h.example.com/\r\nX: y",
    ],
)
@pytest.mark.parametrize("limits", [LIMITS, HTTP])
def test_redirects_are_checked_anew(location: str, limits: Limits) -> None:
    base = check("https://h.example.com/x/a", limits)
    try:
        target = follow(base, location, limits)
    except Refused:
        return
    assert target.host == "h.example.com", "read as a path of the same host, it leads nowhere else"
    assert target.scheme == "https"


_TEXT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="htps:/\\@[]#?%.0123456789abcdefx-_ \t\u3002", max_size=40).map("https://".__add__),
    st.ip_addresses().map(lambda address: f"https://{address}/"),
    st.ip_addresses(v=6).map(lambda address: f"https://[{address}]/"),
)


@given(_TEXT)
@settings(max_examples=400, deadline=None)
def test_whatever_passes_is_unambiguous_and_public(text: str) -> None:
    for read in (check, lambda url, limits: follow(check("https://h.example.com/", limits), url, limits)):
        try:
            target = read(text, LIMITS)
        except Refused:
            continue
        assert (target.scheme, target.port) == ("https", 443)
        assert check(target.url, LIMITS) == target
        numeric = ":" in target.host or target.host.rpartition(".")[2].isdigit()
        assert not numeric or refusal(target.host) == ""
