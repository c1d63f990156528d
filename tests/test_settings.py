"""Settings: what is read, and that every wrong one is refused by name with the fix."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bot import settings
from bot.errors import UserError
from bot.logs import redact
from bot.model import PullRef

PEM = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n"
GITHUB = {
    "GITHUB_TOKEN": "t0ken-value",
    "GITHUB_WEBHOOK_SECRET": "s3cret-value",
    "GITHUB_REPOSITORIES": "owner/hub, other/hub",
}
APP = {
    "GITHUB_APP_ID": "12",
    "GITHUB_PRIVATE_KEY": PEM,
    "GITHUB_WEBHOOK_SECRET": "s3cret-value",
    "GITHUB_REPOSITORIES": "owner/hub",
}
GITEE = {
    "GITEE_TOKEN": "gitee-token",
    "GITEE_WEBHOOK_SECRET": "gitee-secret",
    "GITEE_REPOSITORIES": "owner/hub",
}


def test_nothing_set_is_the_demo() -> None:
    chosen = settings.load({})
    assert not chosen.has_forge
    assert (chosen.host, chosen.port, chosen.database_url) == (
        "127.0.0.1",
        8000,
        "sqlite:///var/hubbot.sqlite",
    )
    assert chosen.public_url == "http://127.0.0.1:8000"


def test_github_and_gitee() -> None:
    chosen = settings.load({**GITHUB, **GITEE, "GITEE_WEBHOOK_SECRET_PREVIOUS": "old-secret", "DRY_RUN": "1"})
    assert chosen.github is not None
    assert chosen.github.repositories == ("owner/hub", "other/hub")
    assert chosen.gitee is not None
    assert chosen.gitee.secrets == ("gitee-secret", "old-secret")
    assert chosen.dry_run


def test_the_audit_is_off_until_asked_for() -> None:
    assert settings.load(GITHUB).audit == settings.AuditSettings(every=0, alive=86_400, pause=1)
    asked = {"AUDIT_EVERY_HOURS": "168", "AUDIT_ALIVE_HOURS": "0", "AUDIT_PAUSE_SECONDS": "0.5"}
    assert settings.load({**GITHUB, **asked}).audit == settings.AuditSettings(604_800, 0, 0.5)


def test_the_issue_is_none_until_asked_for() -> None:
    every = {"AUDIT_EVERY_HOURS": "168"}
    plain = settings.load({**GITHUB, **GITEE, **every})
    assert plain.github is not None
    assert plain.gitee is not None
    assert (plain.github.audit_issue, plain.gitee.audit_issue) == ("", "")
    asked = {"GITHUB_AUDIT_ISSUE": "owner/hub", "GITEE_AUDIT_ISSUE": "owner/care"}
    chosen = settings.load({**GITHUB, **GITEE, **every, **asked})
    assert chosen.github is not None
    assert chosen.gitee is not None
    assert (chosen.github.audit_issue, chosen.gitee.audit_issue) == ("owner/hub", "owner/care")
    assert settings.load({**GITHUB, "GITHUB_AUDIT_ISSUE": "owner/hub"}, credentials=False).github


@pytest.mark.parametrize(
    "key",
    [PEM, PEM.replace("\n", "\\n"), base64.b64encode(PEM.encode()).decode()],
    ids=["pem", "escaped", "base64"],
)
def test_a_private_key_in_any_of_its_forms(key: str) -> None:
    chosen = settings.load({**APP, "GITHUB_PRIVATE_KEY": key})
    assert chosen.github is not None
    assert chosen.github.private_key.strip() == PEM.strip()


def test_any_variable_from_a_file(tmp_path: Path) -> None:
    key, secret = tmp_path / "key.pem", tmp_path / "secret"
    key.write_text(PEM)
    secret.write_text("from-a-file\n")
    given = {
        **APP,
        "GITHUB_PRIVATE_KEY": str(key),
        "GITHUB_WEBHOOK_SECRET": "",
        "GITHUB_WEBHOOK_SECRET_FILE": str(secret),
    }
    chosen = settings.load(given)
    assert chosen.github is not None
    assert chosen.github.secrets == ("from-a-file",)
    assert chosen.github.private_key == PEM


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**GITHUB, "GITHUB_WEBHOOK_SECRET": ""}, "GITHUB_WEBHOOK_SECRET is missing"),
        ({**GITHUB, "GITHUB_TOKEN": ""}, "GITHUB_TOKEN is missing"),
        ({**GITHUB, "GITHUB_REPOSITORIES": ""}, "GITHUB_REPOSITORIES is missing"),
        ({**GITHUB, "GITHUB_REPOSITORIES": "hub"}, "not of the form owner/name"),
        ({**GITHUB, **APP}, "both set"),
        ({**APP, "GITHUB_PRIVATE_KEY": ""}, "GITHUB_PRIVATE_KEY is missing"),
        ({**APP, "GITHUB_PRIVATE_KEY": "nonsense"}, "GITHUB_PRIVATE_KEY is neither"),
        ({**APP, "GITHUB_APP_ID": "my-app"}, "GITHUB_APP_ID"),
        ({**GITEE, "GITEE_TOKEN": ""}, "GITEE_TOKEN is missing"),
        ({**GITEE, "GITEE_WEBHOOK_SECRET": ""}, "GITEE_WEBHOOK_SECRET is missing"),
        ({**GITEE, "GITEE_WEBHOOK_WINDOW": "0"}, "GITEE_WEBHOOK_WINDOW is '0'; .* from 1 to 3600"),
        ({**GITEE, "GITEE_WEBHOOK_WINDOW": "3601"}, "GITEE_WEBHOOK_WINDOW"),
        ({**GITEE, "GITEE_POLL_SECONDS": "soon"}, "GITEE_POLL_SECONDS"),
        ({**GITEE, "GITEE_POLL_SECONDS": "1"}, "GITEE_POLL_SECONDS"),
        ({**GITEE, "GITEE_TEST_STATE": "maybe"}, "GITEE_TEST_STATE"),
        ({**GITEE, "GITEE_NEGATIVE_LABEL": "x"}, "GITEE_NEGATIVE_LABEL"),
        ({**GITEE, "GITEE_NEGATIVE_LABEL": "a-label-of-21-letters"}, "2 to 20 characters"),
        ({**GITEE, "GITEE_NEGATIVE_LABEL": "one,two"}, "GITEE_NEGATIVE_LABEL"),
        ({**GITEE, "GITEE_NEGATIVE_LABEL": "hubbot:needs-fix"}, "choose another name"),
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"PUBLIC_URL": "hub.example"}, "PUBLIC_URL"),
        ({"DRY_RUN": "perhaps"}, "DRY_RUN"),
        ({"AUDIT_EVERY_HOURS": "weekly"}, "AUDIT_EVERY_HOURS"),
        ({"AUDIT_ALIVE_HOURS": "-1"}, "AUDIT_ALIVE_HOURS"),
        ({"AUDIT_PAUSE_SECONDS": "nan"}, "AUDIT_PAUSE_SECONDS"),
        ({**GITHUB, "GITHUB_AUDIT_ISSUE": "owner/hub"}, "AUDIT_EVERY_HOURS"),
        ({**GITEE, "GITEE_AUDIT_ISSUE": "hub", "AUDIT_EVERY_HOURS": "1"}, "GITEE_AUDIT_ISSUE"),
        ({"ASSET_CA_BUNDLE": "/no/such/file.pem"}, "ASSET_CA_BUNDLE"),
        ({**GITHUB, "GITHUB_TOKEN_FILE": "x"}, "both set"),
        ({"GITEE_TOKEN_FILE": "/no/such/file"}, "GITEE_TOKEN_FILE"),
        ({**GITHUB, "GITHUB_WEBHOOK_SECERT": "x"}, "did you mean GITHUB_WEBHOOK_SECRET?"),
        ({"DATABASE_URI": "x"}, "did you mean DATABASE_URL?"),
        ({"HUBBOT_PUBLIC_URL": "x"}, "did you mean PUBLIC_URL?"),
        ({"dry_run": "1"}, "did you mean DRY_RUN?"),
        ({"GITHUB_PRIVATE_KEY_FLIE": "x"}, "did you mean GITHUB_PRIVATE_KEY_FILE?"),
        ({"PORT": "9000"}, "PORT and METRICS_PORT"),
        ({"METRICS_HOST": "everywhere"}, "METRICS_HOST is 'everywhere'"),
        ({**GITHUB, "GITHUB_PRIVATE_KEY": PEM}, "without GITHUB_APP_ID"),
        ({**GITHUB, "GITHUB_WEBHOOK_SECRET_PREVIOUS": "s3cret-value"}, "are the same"),
        ({"PUBLIC_URL": "https://me:pass@hub.example"}, "PUBLIC_URL holds a user name"),
        ({"PUBLIC_URL": "http://[::1"}, "PUBLIC_URL is"),
        ({"PUBLIC_URL": "http://me:hunter2@[::1"}, "PUBLIC_URL holds a user name"),
        ({"PUBLIC_URL": "https://x:99999"}, "PUBLIC_URL is"),
        ({"PUBLIC_URL": "https://x:abc"}, "PUBLIC_URL is"),
        ({"PUBLIC_URL": "https://x:0"}, "PUBLIC_URL is"),
        ({"PUBLIC_URL": "https://hub.example/ path"}, "PUBLIC_URL is"),
        ({"PUBLIC_URL": "https://hub\u200b.example"}, "PUBLIC_URL is"),
        ({"PUBLIC_URL": "https://‹your host>"}, "PUBLIC_URL is"),
        ({"PUBLIC_URL": "https:///x"}, "PUBLIC_URL is"),
        ({**GITHUB, "GITHUB_API_URL": "https://ghe:x"}, "GITHUB_API_URL is"),
        ({"HOST": "all of them"}, "^HOST is 'all of them'"),
        ({"HOST": "a:b"}, "^HOST is 'a:b'"),
        ({"PORT": "²"}, "^PORT is"),
        ({"PORT": "1" * 5000}, "^PORT is"),
        ({**APP, "GITHUB_APP_ID": "²"}, "GITHUB_APP_ID is"),
        ({"DATABASE_URL": "sqlite:x"}, "DATABASE_URL must begin with"),
        ({"DATABASE_URL": "postgresql:x"}, "DATABASE_URL must begin with"),
        ({**GITHUB, "GITHUB_TOKEN": "‹你的令牌>"}, "GITHUB_TOKEN holds a character"),
        ({**GITHUB, "GITHUB_TOKEN": "two\nlines"}, "GITHUB_TOKEN holds a character"),
        ({**GITHUB, "GITHUB_MERGE_TOKEN": "“quoted”"}, "GITHUB_MERGE_TOKEN holds a character"),
        ({**GITEE, "GITEE_TOKEN": "令牌"}, "GITEE_TOKEN holds a character"),
        ({**GITEE, "GITEE_MERGE_TOKEN": "令牌"}, "GITEE_MERGE_TOKEN holds a character"),
        ({**GITEE, "GITEE_WEBHOOK_PASSWORD": "密码"}, "GITEE_WEBHOOK_PASSWORD holds a character"),
        ({**GITHUB, "GITHUB_WEBHOOK_SECRET": "\udcff"}, "GITHUB_WEBHOOK_SECRET is not text"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(given: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        settings.load(given)


def test_no_refusal_repeats_a_secret() -> None:
    for broken in (
        {**APP, "GITHUB_PRIVATE_KEY": "c4nary-secret"},
        {**GITHUB, "GITHUB_TOKEN_FILE": "c4nary-path"},
        {**GITHUB, "GITHUB_TOKEN": "c4nary-令牌"},
        {**GITHUB, "GITHUB_WEBHOOK_SECRET": "c4nary-\udcff"},
        {"PUBLIC_URL": "http://me:c4nary@[::1"},
        {"DATABASE_URL": "sqlite:c4nary"},
    ):
        with pytest.raises(UserError) as refusal:
            settings.load(broken)
        assert "c4nary" not in str(refusal.value)
        assert "t0ken-value" not in str(refusal.value)


def test_password_mode_needs_no_signing_secret() -> None:
    chosen = settings.load({**GITEE, "GITEE_WEBHOOK_SECRET": "", "GITEE_WEBHOOK_PASSWORD": "p4ss"})
    assert chosen.gitee is not None
    assert (chosen.gitee.secrets, chosen.gitee.password) == ((), "p4ss")


def test_the_customs_of_a_gitee_community() -> None:
    usual = settings.load(GITEE).gitee
    assert usual is not None
    assert (usual.window, usual.negative_label, usual.test_state, usual.poll) == (600.0, "", False, 300.0)
    chosen = settings.load(
        {
            **GITEE,
            "GITEE_WEBHOOK_WINDOW": "120",
            "GITEE_NEGATIVE_LABEL": "模型校验/未通过",
            "GITEE_TEST_STATE": "on",
            "GITEE_POLL_SECONDS": "60",
        }
    ).gitee
    assert chosen is not None
    assert (chosen.window, chosen.test_state, chosen.poll) == (120.0, True, 60.0)
    assert chosen.negative_label == "模型校验/未通过"


def test_one_pull_by_hand_needs_nothing_to_read_and_a_token_to_write() -> None:
    ref = PullRef("github", "owner/hub", 3)
    assert settings.for_one_pull({}, ref, post=False).dry_run
    with pytest.raises(UserError, match="GITHUB_TOKEN"):
        settings.for_one_pull({}, ref, post=True)
    with pytest.raises(UserError, match="GITHUB_TOKEN holds a character"):
        settings.for_one_pull({"GITHUB_TOKEN": "令牌"}, ref, post=True)


def test_every_secret_is_known_to_the_log_filter() -> None:
    given = {
        **GITHUB,
        **GITEE,
        "GITEE_WEBHOOK_PASSWORD": "p4ss",
        "DATABASE_URL": "postgresql://u:dbpass@h/db",
    }
    found = set(settings.secrets(settings.load(given)))
    assert found == {"t0ken-value", "s3cret-value", "gitee-token", "gitee-secret", "p4ss", "dbpass"}


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("sqlite:///var/hubbot.sqlite", set()),
        ("postgresql://127.0.0.1/db", set()),
        ("postgresql://u@h/db?sslmode=require", set()),
        ("postgresql://u:p%40ss@h/db", {"p%40ss", "p@ss"}),
        ("postgresql://u:a+b@h/db", {"a+b", "a b"}),
        ("postgresql://u:p/a#b?c[d@h/db", {"p/a#b?c[d"}),
        ("postgresql://u:p@ss@h/db", {"p@ss", "p"}),
        ("postgresql://h:1/db?user=u&password=s3cr%21t", {"s3cr%21t", "s3cr!t"}),
        ("postgresql://u:first@h/db?sslpassword=second&PassFile=/third", {"first", "second", "/third"}),
        ("postgresql://h/db?%70assword=x1y2", {"x1y2"}),
    ],
)
def test_a_password_is_found_wherever_an_address_may_have_it(url: str, known: set[str]) -> None:
    assert set(settings.password_of(url)) == known
    assert set(settings.secrets(settings.load({"DATABASE_URL": url}))) == known


def test_the_longest_form_of_a_password_is_blanked_first() -> None:
    found = settings.password_of("postgresql://u:p@ss@h/db")
    assert redact("no p@ss here", found) == "no [redacted] here"


@pytest.mark.parametrize(
    ("host", "bare", "url"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8000"),
        ("localhost", "localhost", "http://localhost:8000"),
        ("::1", "::1", "http://[::1]:8000"),
        ("[::1]", "::1", "http://[::1]:8000"),
    ],
)
def test_where_to_listen_is_also_where_to_reach_us(host: str, bare: str, url: str) -> None:
    chosen = settings.load({"HOST": host})
    assert (chosen.host, chosen.public_url, chosen.local_url) == (bare, url, url)
    every = settings.load({"HOST": "::" if ":" in host else "0.0.0.0"})
    assert every.local_url == f"http://{'[::1]' if ':' in host else '127.0.0.1'}:8000"
    behind = settings.load({"HOST": host, "PUBLIC_URL": "https://hub.example/bot/"})
    assert (behind.public_url, behind.local_url) == ("https://hub.example/bot", url)


@pytest.mark.parametrize(
    "name",
    [
        "GITHUB_REPOSITORY",
        "GITHUB_RUN_ID",
        "GITHUB_SHA",
        "GITHUB_ACTIONS",
        "PATH",
        "HOSTNAME",
        "SPORT",
        "PGHOST",
    ],
)
def test_what_belongs_to_others_is_left_alone(name: str) -> None:
    assert not settings.load({name: "x"}).has_forge


def test_the_receiver_reads_no_credential_of_a_forge() -> None:
    given = {**GITHUB, **GITEE, "GITHUB_PRIVATE_KEY_FILE": "/not/for/the/receiver"}
    given |= {f"{forge}_MERGE_TOKEN": "m3rge-value" for forge in ("GITHUB", "GITEE")}
    chosen = settings.load(given, credentials=False)
    assert "m3rge-value" not in repr(chosen)
    assert "t0ken-value" not in repr(chosen)
    assert "gitee-token" not in repr(chosen)
    assert settings.load({**given, "GITHUB_TOKEN": "", "GITEE_TOKEN": ""}, credentials=False) == chosen
    with pytest.raises(UserError, match="GITHUB_WEBHOOK_SECRET is missing"):
        settings.load({**given, "GITHUB_WEBHOOK_SECRET": ""}, credentials=False)


@pytest.mark.parametrize("name", settings.CREDENTIALS)
@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_a_downloader_refuses_every_credential_by_name(name: str, suffix: str) -> None:
    with pytest.raises(UserError, match=f"^{name} is set") as refused:
        settings.for_downloader({f"{name}{suffix}": "c4nary"})
    assert "c4nary" not in str(refused.value)


def test_what_a_downloader_is_given_is_named_one_by_one() -> None:
    given = {
        **GITHUB,
        **GITEE,
        "PATH": "/bin",
        "DATABASE_URL_FILE": "x",
        "AWS_SECRET": "y",
        "PGPASSFILE": "z",
    }
    assert settings.downloader_environment(given) == {
        "PATH": "/bin",
        "DATABASE_URL_FILE": "x",
        "PGPASSFILE": "z",
    }


def test_the_demo_has_everything_of_its_own_but_where_it_listens() -> None:
    how = {
        "PORT": "8001",
        "HOST": "::1",
        "PUBLIC_URL": "https://x",
        "METRICS_PORT": "9",
        "DOWNLOADS": "inline",
    }
    others = {"PATH": "/bin", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "a/b"}
    own = {
        **GITHUB,
        "GITEE_NEGATIVE_LABEL": "x",
        "GITEE_TOKEN_FILE": "x",
        "HUBBOT_PORT": "1",
        "GITHUB_TOKN": "x",
        "DATABASE_URL_FILE": "x",
        "DRY_RUN": "1",
        "ASSET_CONNECT_TO": "::x:1",
        "AUDIT_PAUSE_SECONDS": "nonsense",
    }
    assert settings.demo_environment({**how, **others, **own}) == {**how, **others}


def test_who_downloads_is_one_of_two() -> None:
    assert not settings.load(GITHUB).separate_downloads
    assert settings.load({**GITHUB, "DOWNLOADS": "separate"}).separate_downloads
    with pytest.raises(UserError, match="inline or separate"):
        settings.load({**GITHUB, "DOWNLOADS": "elsewhere"})
