"""Twenty and more planted misconfigurations: each is named, and its fix; a sound deployment has none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.allowance import Allowance
from bot.doctor import Check, Examination, State, examine
from bot.doctor.ask import Answer
from bot.doctor.clock import database_clock
from bot.doctor.github import judge_protection
from bot.doctor.offline import allowance, room
from bot.forges.gitee.hooks import GiteeHooks
from bot.forges.github.hooks import GitHubHooks
from bot.store.allowances import Account
from bot.store.database import open_database, upgrade
from bot.store.tasks import OpenOrders
from tests.doctor.servers import Site, serving

pytestmark = pytest.mark.network

SECRET, OTHER = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "c4nary-1234567890abcdef-gitee"
TOKEN = "c4nary-token-of-the-tests"
REPO = "owner/hub"
PERMISSIONS = {
    "checks": "write",
    "statuses": "write",
    "contents": "read",
    "issues": "write",
    "pull_requests": "write",
    "metadata": "read",
}
EVENTS = ["pull_request", "issue_comment", "pull_request_review", "check_run", "check_suite"]


@pytest.fixture(scope="session")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass
class Deployment:
    """A sound one: an App on GitHub and an administrator's token on Gitee, until something is planted."""

    site: Site
    env: dict[str, str]
    folder: Path
    online: bool = True
    ahead: float = 0.0
    resolve: Callable[[str, int], Sequence[str]] = field(default=lambda _host, _port: ["203.0.113.7"])

    def answer(self, call: str, **changed: object) -> None:
        status, body = self.site.answers[call]
        self.site.answers[call] = (status, {**body, **changed})

    def checks(self, *, write_probe: bool = False) -> list[Check]:
        asked = Examination(
            self.env,
            self.online,
            write_probe,
            lambda: time.time() + self.ahead,
            self.resolve,
            self.folder / "hubbot.env",
        )
        return list(examine(asked))


@pytest.fixture
def sound(tmp_path: Path, pem: str) -> Iterator[Deployment]:
    database = f"sqlite:///{tmp_path / 'hubbot.sqlite'}"
    engine = open_database(database)
    upgrade(engine)
    engine.dispose()
    with serving(Site()) as site:
        checks = {"checks": [{"context": "hubbot/gate", "app_id": 12}]}
        site.hooks = {"github": GitHubHooks([SECRET]), "gitee": GiteeHooks([OTHER])}
        hook = {"url": f"{site.url}/webhooks/gitee", "merge_requests_events": True, "note_events": True}
        permission = {"pull": True, "push": True, "admin": True}
        held = {"id": 5, "suspended_at": None, "permissions": PERMISSIONS, "events": EVENTS}
        site.answers = {
            "GET /app": (200, {"id": 12, "slug": "hubbot"}),
            "GET /app/hook/config": (
                200,
                {"url": f"{site.url}/webhooks/github", "secret": "********", "insecure_ssl": "0"},
            ),
            f"GET /repos/{REPO}/installation": (200, held),
            "POST /app/installations/5/access_tokens": (201, {"token": TOKEN}),
            f"GET /repos/{REPO}": (
                200,
                {"default_branch": "master", "permission": permission, "permissions": permission},
            ),
            f"GET /repos/{REPO}/branches/master/protection/required_status_checks": (200, checks),
            f"GET /repos/{REPO}/rules/branches/master": (200, []),
            f"GET /repos/{REPO}/commits": (200, [{"sha": "a" * 40}]),
            f"POST /repos/{REPO}/statuses/{'a' * 40}": (201, {}),
            "GET /user": (200, {"login": "hub-bot"}),
            f"GET /repos/{REPO}/hooks": (200, [hook]),
            "GET /readyz": (200, "ok database\n"),
        }
        env = {
            "DATABASE_URL": database,
            "PUBLIC_URL": site.url,
            "GITHUB_API_URL": site.url,
            "GITHUB_APP_ID": "12",
            "GITHUB_PRIVATE_KEY": pem,
            "GITHUB_WEBHOOK_SECRET": SECRET,
            "GITHUB_REPOSITORIES": REPO,
            "GITEE_API_URL": site.url,
            "GITEE_TOKEN": TOKEN,
            "GITEE_WEBHOOK_SECRET": OTHER,
            "GITEE_REPOSITORIES": REPO,
        }
        yield Deployment(site, env, tmp_path)


def test_a_sound_deployment_has_nothing_to_mend(sound: Deployment) -> None:
    checks = sound.checks()
    assert [check for check in checks if check.state is not State.OK] == []
    assert len(checks) > 20
    assert not [call for call in sound.site.asked if "statuses" in call], "nothing is written unasked"


def test_a_folder_without_a_database_stays_without_one(sound: Deployment) -> None:
    folder = sound.folder / "new"
    sound.env |= {"DATABASE_URL": f"sqlite:///{folder}/hubbot.sqlite", "DOWNLOADS": "separate"}
    sound.online = False
    states = {check.name: check.state for check in sound.checks()}
    assert (states["database"], states["downloader"]) == (State.SKIPPED, State.SKIPPED)
    assert not folder.exists()


def test_a_write_probe_writes_when_asked_for(sound: Deployment) -> None:
    probes = [c for c in sound.checks(write_probe=True) if c.name.startswith("write probe")]
    assert [probe.state for probe in probes] == [State.OK]
    assert f"POST /repos/{REPO}/statuses/{'a' * 40}" in sound.site.asked


def _misspelt(d: Deployment) -> None:
    d.env["GITHUB_WEBHOOK_SECERT"] = "x"


def _token_and_app(d: Deployment) -> None:
    d.env["GITHUB_TOKEN"] = "x"


def _same_port(d: Deployment) -> None:
    d.env["METRICS_PORT"] = "8000"


def _no_folder(d: Deployment) -> None:
    (d.folder / "file").write_text("")
    d.env["DATABASE_URL"] = f"sqlite:///{d.folder}/file/hubbot.sqlite"


def _not_migrated(d: Deployment) -> None:
    (d.folder / "empty.sqlite").write_bytes(b"")
    d.env["DATABASE_URL"] = f"sqlite:///{d.folder}/empty.sqlite"


def _no_database(d: Deployment) -> None:
    d.env["DATABASE_URL"] = "postgresql://u:c4nary-db@127.0.0.1:1/hubbot"


def _password_as_a_parameter(d: Deployment) -> None:
    d.env["DATABASE_URL"] = "postgresql://127.0.0.1:1/hubbot?user=u&password=c4nary-db"


def _odd_password(d: Deployment) -> None:
    d.env["DATABASE_URL"] = "postgresql://u:c4nary[db@127.0.0.1:1/hubbot"


def _no_token(d: Deployment) -> None:
    del d.env["GITHUB_APP_ID"], d.env["GITHUB_PRIVATE_KEY"]
    d.env["GITHUB_TOKEN"] = "‹c4nary-令牌>"


def _half_an_address(d: Deployment) -> None:
    d.env["PUBLIC_URL"] = "http://[::1"


def _no_address_of_a_database(d: Deployment) -> None:
    d.env["DATABASE_URL"] = "postgresql://u@h:port/c4nary"


def _wrong_file(d: Deployment) -> None:
    (d.folder / "hubbot.env").write_text("GITHUB_TOKEN c4nary\n")


def _short_secret(d: Deployment) -> None:
    d.env["GITHUB_WEBHOOK_SECRET"] = "hunter2"


def _shared_secret(d: Deployment) -> None:
    d.env["GITEE_WEBHOOK_SECRET"] = SECRET


def _no_key(d: Deployment) -> None:
    d.env["GITHUB_PRIVATE_KEY"] = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"


def _unreachable_address(d: Deployment) -> None:
    d.online = False
    del d.env["GITHUB_API_URL"]
    d.env["PUBLIC_URL"] = "http://127.0.0.1:8000"


def _plain_address(d: Deployment) -> None:
    d.online = False
    d.env["PUBLIC_URL"] = "http://hub.example"


def _wrong_clock(d: Deployment) -> None:
    d.ahead = 300.0


def _other_app(d: Deployment) -> None:
    d.env["GITHUB_APP_ID"] = "13"


def _refused_key(d: Deployment) -> None:
    d.site.answers["GET /app"] = (401, {"message": "A JSON web token could not be decoded"})


def _not_installed(d: Deployment) -> None:
    del d.site.answers[f"GET /repos/{REPO}/installation"]


def _suspended(d: Deployment) -> None:
    d.answer(f"GET /repos/{REPO}/installation", suspended_at="2026-01-01T00:00:00Z")


def _lacking_permission(d: Deployment) -> None:
    d.answer(f"GET /repos/{REPO}/installation", permissions={**PERMISSIONS, "checks": "read"})


def _too_much_permission(d: Deployment) -> None:
    d.answer(f"GET /repos/{REPO}/installation", permissions={**PERMISSIONS, "contents": "write"})


def _lacking_event(d: Deployment) -> None:
    d.answer(f"GET /repos/{REPO}/installation", events=["pull_request"])


def _hook_elsewhere(d: Deployment) -> None:
    d.answer("GET /app/hook/config", url="https://smee.example/abc")


def _hook_without_secret(d: Deployment) -> None:
    d.answer("GET /app/hook/config", secret="")


def _other_receiver(d: Deployment) -> None:
    d.site.hooks["github"] = GitHubHooks(["another secret, of yesterday"])


def _redirecting_proxy(d: Deployment) -> None:
    del d.site.hooks["github"]
    d.site.answers["POST /webhooks/github"] = (301, "moved")


def _no_receiver(d: Deployment) -> None:
    d.env["PUBLIC_URL"] = "http://127.0.0.1:1"


def _no_worker(d: Deployment) -> None:
    d.site.answers["GET /readyz"] = (503, "ok database\nfailing worker: no worker is running\n")


def _gate_not_required(d: Deployment) -> None:
    d.answer(f"GET /repos/{REPO}/branches/master/protection/required_status_checks", checks=[])


def _gate_from_anybody(d: Deployment) -> None:
    any_source = [{"context": "hubbot/gate", "app_id": None}]
    d.answer(f"GET /repos/{REPO}/branches/master/protection/required_status_checks", checks=any_source)


def _reading_role(d: Deployment) -> None:
    d.answer(f"GET /repos/{REPO}", permission={"pull": True, "push": False, "admin": False})


def _silent_comments(d: Deployment) -> None:
    hook = {"url": f"{d.site.url}/webhooks/gitee", "merge_requests_events": True, "note_events": False}
    d.site.answers[f"GET /repos/{REPO}/hooks"] = (200, [hook])


def _refused_token(d: Deployment) -> None:
    d.site.answers["GET /user"] = (401, {"message": "401 Unauthorized: " + TOKEN})


def _no_names(d: Deployment) -> None:
    def nothing(_host: str, _port: int) -> Sequence[str]:
        raise OSError(-3, "Temporary failure in name resolution")

    d.resolve = nothing


def _malformed_override(d: Deployment) -> None:
    d.env["ASSET_CONNECT_TO"] = "mirror.example"


def _no_authorities(d: Deployment) -> None:
    (d.folder / "ca.pem").write_text("no certificate")
    d.env["ASSET_CA_BUNDLE"] = str(d.folder / "ca.pem")


def _read_only_token(d: Deployment) -> None:
    for name in ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY"):
        del d.env[name]
    d.env["GITHUB_TOKEN"] = TOKEN
    d.answer(f"GET /repos/{REPO}", permissions={"pull": True, "push": False, "admin": False})


PLANTED: list[tuple[Callable[[Deployment], None], str, str, str]] = [
    (_misspelt, "configuration", "GITHUB_WEBHOOK_SECERT", "GITHUB_WEBHOOK_SECRET"),
    (_token_and_app, "configuration", "GITHUB_TOKEN and GITHUB_APP_ID", "keep the App"),
    (_same_port, "configuration", "PORT and METRICS_PORT", "change one"),
    (_no_folder, "database", "not a folder", "DATABASE_URL"),
    (_not_migrated, "migrations", "schema", "hubbot db upgrade"),
    (_no_database, "database", "cannot be used", "start the database"),
    (_password_as_a_parameter, "database", "cannot be used", "start the database"),
    (_odd_password, "database", "cannot be used", "start the database"),
    (_no_token, "configuration", "GITHUB_TOKEN holds a character", "copy it"),
    (_half_an_address, "configuration", "PUBLIC_URL is", "http://"),
    (_no_address_of_a_database, "database", "not the address", "sqlite:///path"),
    (_wrong_file, "configuration", "hubbot.env, line 1", "write NAME=value"),
    (_short_secret, "GITHUB_WEBHOOK_SECRET", "7 characters", "token_hex"),
    (_shared_secret, "secrets apart", "are the same", "a value of its own"),
    (_no_key, "GITHUB_PRIVATE_KEY", "not an RSA key", "generate a key"),
    (_unreachable_address, "PUBLIC_URL", "this machine only", "set PUBLIC_URL"),
    (_plain_address, "PUBLIC_URL", "not encrypted", "TLS"),
    (_wrong_clock, "clock GitHub", "ahead of GitHub", "time synchronisation"),
    (_other_app, "App", "belongs to App 12", "GITHUB_APP_ID to 12"),
    (_refused_key, "App", "401", "same App"),
    (_not_installed, f"installation {REPO}", "not installed", "install the App"),
    (_suspended, f"installation {REPO}", "suspended", "unsuspend"),
    (_lacking_permission, f"permissions {REPO}", "checks: write", "under Permissions"),
    (_too_much_permission, f"permissions {REPO}", "may write contents", "lower it"),
    (_lacking_event, f"events {REPO}", "issue_comment", "tick them"),
    (_hook_elsewhere, "webhook GitHub", "smee.example", "/webhooks/github"),
    (_hook_without_secret, "webhook GitHub", "no secret", "settings page"),
    (_other_receiver, "loop-back github", "401", "restart the receiver"),
    (_redirecting_proxy, "loop-back github", "redirects", "follows none"),
    (_no_receiver, "loop-back gitee", "no connection", "hubbot web"),
    (_no_worker, "readiness", "no worker is running", "hubbot worker"),
    (_gate_not_required, f"required check {REPO}", "does not require hubbot/gate", "require hubbot/gate"),
    (_gate_from_anybody, f"required check {REPO}", "any source", "App 12"),
    (_reading_role, f"role {REPO}", "read only", "developer"),
    (_silent_comments, f"webhook {REPO}", "comments", "tick them"),
    (_refused_token, "GITEE_TOKEN", "refuses", "personal access token"),
    (_no_names, "resolver", "not found", "DNS"),
    (_malformed_override, "downloads", "ASSET_CONNECT_TO", "correct"),
    (_no_authorities, "downloads", "ca.pem", "correct"),
    (_read_only_token, f"access {REPO}", "read only", "role Write"),
]


@pytest.mark.parametrize(
    ("plant", "name", "what", "fix"), PLANTED, ids=[plant.__name__.strip("_") for plant, *_ in PLANTED]
)
def test_a_planted_misconfiguration_is_named_with_its_fix(
    sound: Deployment, plant: Callable[[Deployment], None], name: str, what: str, fix: str
) -> None:
    plant(sound)
    checks = sound.checks()
    found = [check for check in checks if check.state is State.FAILING]
    named = [check for check in found if check.name == name]
    assert named, found
    assert what in named[0].what
    assert fix in named[0].what + named[0].fix
    assert named[0].why
    shown = repr(checks)
    assert not [word for word in (TOKEN, OTHER, "c4nary-db", "c4nary[db", "c4nary-令牌") if word in shown]
    assert "a defect of ours" not in shown


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    assert room(tmp_path, least=1).state is State.OK
    full = room(tmp_path, least=1 << 60)
    assert (full.state, "make room" in full.fix) == (State.FAILING, True)


@pytest.mark.parametrize(
    ("classic", "rules", "state"),
    [
        (Answer(403), Answer(403), State.SKIPPED),
        (Answer(404, body={"message": "Not Found"}), Answer(200, body=[]), State.SKIPPED),
        (Answer(404, body={"message": "Branch not protected"}), Answer(200, body=[]), State.FAILING),
        (
            Answer(403),
            Answer(
                200,
                body=[
                    {
                        "type": "required_status_checks",
                        "parameters": {
                            "required_status_checks": [{"context": "hubbot/gate", "integration_id": 12}]
                        },
                    }
                ],
            ),
            State.OK,
        ),
    ],
    ids=["hidden", "hidden to a token", "unprotected", "by a rule set"],
)
def test_protection_by_rules_or_hidden(classic: Answer, rules: Answer, state: State) -> None:
    assert judge_protection(REPO, "master", "12", classic, rules).state is state


def test_without_a_forge_there_is_only_the_machine_to_look_at(tmp_path: Path) -> None:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path}/new/hubbot.sqlite"}
    checks = {check.name: check.state for check in examine(Examination(env, online=False))}
    assert checks["forges"] is State.SKIPPED
    assert State.FAILING not in checks.values()
    assert not (tmp_path / "new").exists(), "an examination changes nothing"


def test_requests_that_are_nearly_used_up_fail_until_the_period_ends() -> None:
    one = Allowance("github graphql", 5000, 12, 2_000.0, 900.0)
    check = allowance(one, 1_000.0)
    assert (check.name, check.state) == ("requests github graphql", State.FAILING)
    assert check.what == "12 of 5000 left for 17 minutes more"
    assert check.fix
    assert allowance(one, 2_000.0).state is State.OK


def test_what_a_worker_was_told_is_examined(sound: Deployment) -> None:
    engine = open_database(sound.env["DATABASE_URL"])
    Account(engine, "gitee").told({"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "900"})
    engine.dispose()
    found = {check.name: check for check in sound.checks()}
    assert found["requests gitee"].state is State.OK
    assert found["requests gitee"].what == "900 of 1000 left"


@pytest.mark.parametrize("forge", ["github app", "github token", "gitee"])
@pytest.mark.parametrize(
    ("status", "has_issues", "state", "named"),
    [
        (200, True, State.OK, ""),
        (200, False, State.FAILING, "switch issues on in owner/care's settings"),
        (404, True, State.FAILING, "AUDIT_ISSUE"),
    ],
)
def test_the_repository_of_the_issue_about_files_is_examined(
    sound: Deployment, forge: str, status: int, has_issues: bool, state: State, named: str
) -> None:
    prefix = forge.split()[0].upper()
    sound.env |= {f"{prefix}_AUDIT_ISSUE": "owner/care", "AUDIT_EVERY_HOURS": "24"}
    if forge == "github token":
        del sound.env["GITHUB_APP_ID"], sound.env["GITHUB_PRIVATE_KEY"]
        sound.env["GITHUB_TOKEN"] = TOKEN
    sound.site.answers["GET /repos/owner/care/installation"] = (200, {"id": 5})
    sound.site.answers["GET /repos/owner/care"] = (status, {"has_issues": has_issues})
    found = {check.name: check for check in sound.checks()}["audit issue owner/care"]
    assert found.state is state
    assert named in found.fix


def test_an_app_that_is_not_installed_where_the_issue_is_wanted_is_named(sound: Deployment) -> None:
    sound.env |= {"GITHUB_AUDIT_ISSUE": "owner/care", "AUDIT_EVERY_HOURS": "24"}
    found = {check.name: check for check in sound.checks()}["audit issue owner/care"]
    assert found.state is State.FAILING
    assert "installed there" in found.fix


def test_a_downloader_that_is_not_there_is_named(sound: Deployment) -> None:
    sound.env["DOWNLOADS"] = "separate"
    sound.online = False
    (check,) = [check for check in sound.checks() if check.name == "downloader"]
    assert check.state is State.FAILING
    assert "hubbot downloader" in check.fix
    engine = open_database(sound.env["DATABASE_URL"])
    OpenOrders(engine).beat("one", time.time())
    engine.dispose()
    (check,) = [check for check in sound.checks() if check.name == "downloader"]
    assert (check.state, check.what) == (State.OK, "1 alive")


@pytest.mark.parametrize(
    ("ours", "state", "said"),
    [
        (1000.0, "ok", "within 5 s"),
        (1005.0, "ok", "within 5 s"),
        (1030.0, "failing", "30 s ahead of the database"),
        (970.0, "failing", "30 s behind the database"),
    ],
)
def test_workers_need_one_time(ours: float, state: str, said: str) -> None:
    found = database_clock(1000.0, ours)
    assert found.state.value == state
    assert said in found.what
