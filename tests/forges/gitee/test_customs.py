"""What an operator may choose on Gitee (a label that forbids merging, the test state); what a role allows."""

import pytest

from bot.errors import ForgeError
from bot.forges.gitee.channel import ROLE_FRESH
from bot.forges.gitee.client import GiteeForge
from bot.forges.pace import Pace
from bot.model import FORMAT, GATE, Check, CheckState, PullRef

pytestmark = pytest.mark.network

REPO = "acme/hub"
R = f"/repos/{REPO}"
FORBIDS = "check/failed"


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def forge(fake, clock):
    made = GiteeForge(
        fake.url,
        "token",
        negative_label=FORBIDS,
        test_state=True,
        now=lambda: clock[0],
        sleep=lambda _: None,
        pace=Pace(burst=10_000),
    )
    yield made
    made.close()


@pytest.fixture
def pull(fake, forge, pull_json):
    fake.on(f"GET {R}/pulls/5", pull_json)
    made = forge.pull_request(PullRef("gitee", REPO, 5))
    pull_json["testers"] = fake.testers
    fake.asked.clear()
    return made


@pytest.mark.parametrize("role", ["admin", "write"])
def test_the_label_stands_unless_the_gate_is_open(fake, forge, pull, role):
    fake.role = role
    for state in (CheckState.PENDING, CheckState.ERROR, CheckState.FAILURE):
        forge.set_check(pull, Check(GATE, state, "closed"))
        assert FORBIDS in fake.labels
    forge.set_check(pull, Check(FORMAT, CheckState.SUCCESS, "only the format"))
    assert FORBIDS in fake.labels
    forge.set_check(pull, Check(GATE, CheckState.SUCCESS, "open"))
    assert FORBIDS not in fake.labels
    assert f"DELETE {R}/pulls/5/labels/check%2Ffailed" in fake.writes()
    assert fake.known_labels.count(FORBIDS) == 1


def test_the_test_passes_with_the_gate_and_is_taken_back_with_it(fake, forge, pull):
    forge.set_check(pull, Check(GATE, CheckState.PENDING, "reading"))
    assert fake.testers == []
    for _ in range(2):
        forge.set_check(pull, Check(GATE, CheckState.SUCCESS, "open"))
        assert [(tester["login"], tester["accept"]) for tester in fake.testers] == [("hub-bot", True)]
    forge.set_check(pull, Check(GATE, CheckState.PENDING, "pushed"))
    assert fake.testers[0]["accept"] is False
    marks = [write for write in fake.writes() if "test" in write]
    assert marks == [f"POST {R}/pulls/5/testers", f"POST {R}/pulls/5/test", f"PATCH {R}/pulls/5/testers"]
    forced = [asked.body for asked in fake.asked if asked.path.endswith("/test")]
    assert forced == [{"force": False}]


def test_other_testers_marks_are_left_alone(fake, forge, pull):
    fake.testers.append({"id": 8, "login": "somebody", "accept": True})
    forge.set_check(pull, Check(GATE, CheckState.FAILURE, "closed"))
    assert fake.testers[0]["accept"] is True
    forge.set_check(pull, Check(GATE, CheckState.SUCCESS, "open"))
    forge.set_check(pull, Check(GATE, CheckState.FAILURE, "closed"))
    assert [tester["accept"] for tester in fake.testers] == [True, False]
    reset = [
        asked.body for asked in fake.asked if asked.method == "PATCH" and asked.path.endswith("/testers")
    ]
    assert reset == [{"reset_all": False}]


def test_who_may_not_test_shows_the_rest_all_the_same(fake, forge, pull, reply):
    fake.on(f"POST {R}/pulls/5/testers", reply(403, {}))
    forge.set_check(pull, Check(GATE, CheckState.SUCCESS, "open"))
    assert fake.testers == []
    assert fake.runs[0]["conclusion"] == "success"


def test_any_other_failure_of_the_test_state_is_told(fake, forge, pull, reply):
    fake.spoil(f"POST {R}/pulls/5/test", reply(502), before=True)
    with pytest.raises(ForgeError):
        forge.set_check(pull, Check(GATE, CheckState.SUCCESS, "open"))
    forge.set_check(pull, Check(GATE, CheckState.SUCCESS, "open"))
    assert fake.testers[0]["accept"] is True


@pytest.mark.parametrize("testers", [{"id": 7}, ["hub-bot"]])
def test_testers_of_another_kind_are_nonsense(fake, forge, pull, pull_json, testers):
    pull_json["testers"] = testers
    with pytest.raises(ForgeError, match="no usable tester"):
        forge.set_check(pull, Check(GATE, CheckState.SUCCESS, "open"))


CHANNELS = [
    ("admin", "check runs, labels and the summary"),
    ("write", "labels and the summary"),
    ("read", "the summary only"),
    ("none", "the summary only"),
]


@pytest.mark.parametrize(("role", "words"), CHANNELS)
def test_the_operator_is_told_how_results_are_shown(fake, forge, caplog, role, words):
    fake.role = role
    caplog.set_level("INFO", "hubbot.gitee")
    fake.on(f"GET {R}/pulls", [])
    assert list(forge.open_pulls(REPO)) == []
    assert forge.channel(REPO) == words
    assert [record.getMessage() for record in caplog.records] == [
        f"results on gitee/{REPO} are shown by {words}"
    ]
    assert len([asked for asked in fake.asked if "permission" in asked.path]) == 1


def test_a_role_that_was_given_or_taken_is_noticed_within_the_hour(fake, forge, clock):
    fake.role = "write"
    assert forge.channel(REPO).startswith("labels")
    fake.role = "admin"
    assert forge.channel(REPO).startswith("labels")
    clock[0] += ROLE_FRESH
    assert forge.channel(REPO).startswith("check runs")
