"""`hubbot check --remote` looks at the model's conf file as the bot does."""

from __future__ import annotations

import importlib.util
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, hubbot

pytestmark = pytest.mark.network

PAGE = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
CODE = "/mindspore/models/raw/r1.10/research/cv/lenet/mindspore_hub_conf.py"
FILE = "/models/r1.10/lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
GOOD = (ROOT / "tests/rules/fixtures/msh303/good.md").read_text("utf-8")
TAKES = (
    "def create_network(name, **kw):\n    if name == {!r}:\n        return N()\n    raise ValueError(name)\n"
)


@pytest.mark.parametrize(
    ("code", "exit_code", "words"),
    [
        (TAKES.format("lenet"), 0, "No findings"),
        (TAKES.format("lenet5"), 1, "MSH318"),
        (None, 0, "held against nobody"),
        ("raise SystemExit(open('canary', 'w'))\n", 0, "No findings"),
    ],
    ids=["takes it", "refuses it", "is not there", "would do harm"],
)
def test_the_conf_file(tmp_path: Path, code: str | None, exit_code: int, words: str) -> None:
    spec = importlib.util.spec_from_file_location("transcript", ROOT / "docs" / "transcript.py")
    assert spec is not None
    assert spec.loader is not None
    transcript = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(transcript)
    model = transcript.MODEL
    old = GOOD.partition("asset-sha256: ")[2].partition("\n")[0]
    page = tmp_path / PAGE
    page.parent.mkdir(parents=True)
    page.write_text(GOOD.replace(old, sha256(model).hexdigest()), "utf-8")
    with transcript.serving(tmp_path) as settings:
        transcript.Host.files = {FILE: model} | ({} if code is None else {CODE: code.encode()})
        done = hubbot("check", "--remote", PAGE, cwd=tmp_path, **settings)
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert words in done.stdout + done.stderr
    assert not (tmp_path / "canary").exists()
