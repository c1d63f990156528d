"""Secrets are changed in flight: at every step of the operations guide every delivery is accepted."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json

import pytest

from bot import settings
from bot.doctor.receiver import gitee_ping, github_ping
from bot.forges.base import Hooks, Refused
from bot.forges.gitee.hooks import GiteeHooks
from bot.forges.github.hooks import GitHubHooks

OLD, NEW = "the old secret of the hook", "the new secret of the hook"
NOW = 1_764_000_000.0
#: Which secret the forge signs with, and with which settings receivers run, some still of the step before.
STEPS = [
    (OLD, [(OLD, "")]),
    (OLD, [(OLD, ""), (NEW, OLD)]),
    (OLD, [(NEW, OLD)]),
    (NEW, [(NEW, OLD)]),
    (NEW, [(NEW, OLD), (NEW, "")]),
    (NEW, [(NEW, "")]),
]


def receiver(forge: str, secret: str, previous: str) -> Hooks:
    name = forge.upper()
    chosen = settings.load(
        {
            f"{name}_WEBHOOK_SECRET": secret,
            f"{name}_WEBHOOK_SECRET_PREVIOUS": previous,
            f"{name}_REPOSITORIES": "owner/hub",
        },
        credentials=False,
    )
    if chosen.github is not None:
        return GitHubHooks(chosen.github.secrets)
    assert chosen.gitee is not None
    return GiteeHooks(chosen.gitee.secrets)


def accepts(hooks: Hooks, forge: str, secret: str) -> bool:
    headers, body = github_ping(secret) if forge == "github" else gitee_ping(secret, "", NOW)
    try:
        hooks.verify(headers, body, NOW)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("forge", ["github", "gitee"])
def test_no_step_of_a_rotation_refuses_a_delivery(forge: str) -> None:
    for signed_with, running in STEPS:
        for secret, previous in running:
            assert accepts(receiver(forge, secret, previous), forge, signed_with), (signed_with, secret)


@pytest.mark.parametrize("forge", ["github", "gitee"])
def test_what_was_changed_is_refused_when_the_rotation_is_over(forge: str) -> None:
    assert not accepts(receiver(forge, NEW, ""), forge, OLD)
    assert not accepts(receiver(forge, OLD, ""), forge, NEW), "a forge that is changed first loses deliveries"


def test_from_a_password_to_a_signature() -> None:
    both = GiteeHooks((NEW,), "the password")
    for secret, password in ((NEW, ""), ("", "the password")):
        headers, body = gitee_ping(secret, password, NOW)
        both.verify(headers, body, NOW)
    with pytest.raises(Refused):
        GiteeHooks((NEW,)).verify(*gitee_ping("", "the password", NOW), NOW)


def test_a_signature_of_one_forge_is_none_of_the_other() -> None:
    for mine, other in itertools.permutations(("github", "gitee")):
        headers, body = github_ping(NEW) if mine == "github" else gitee_ping(NEW, "", NOW)
        with pytest.raises(Refused):
            receiver(other, NEW, "").verify(headers, body, NOW)


def test_an_older_kind_of_signature_does_not_count() -> None:
    body = json.dumps({"zen": "x"}).encode()
    weak = hmac.new(NEW.encode(), body, hashlib.sha1).hexdigest()
    with pytest.raises(Refused):
        GitHubHooks([NEW]).verify({"X-Hub-Signature": f"sha1={weak}"}, body, NOW)
