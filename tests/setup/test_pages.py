import pytest
from tests.setup.conftest import *
pytestmark = pytest.mark.network

def test_smoke(inside, site):
    print(inside.seen[0].status, inside.seen[0].headers)
    inside.page("/setup")
    inside.place()
    h = inside.page("/setup/github")
    r = inside.send("/setup/github", 200, do="app", name="hubbot-mindspore-ai", owner="organization", account="mindspore-ai")
    print(r.headers)
    st = inside.desk.draft.state
    r = inside.get(f"/setup/github?code={CODE}&state={st}")
    print(r.status, r.headers)
    inside.page("/setup/github")
    inside.send("/setup/github", do="look")
    print(inside.page("/setup/github"))
    inside.page("/setup/preview")
    inside.page("/setup/summary")
    inside.send("/setup/summary", 200, do="live")
    print((inside.desk.file).read_text()[:300], inside.lived)
    assert 0
