"""Records docs/transcript.md: a new page from nothing to `All Passed!`, in both languages.

The GoogLeNet page of the hub is written again, by the real commands. Its file and its code are served on the
loopback interface under their real names, so that everything runs as it does for a publisher.
"""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from bot.forges.demo import tls  # noqa: E402 - run as a file, from anywhere
from bot.forges.demo.models import Model  # noqa: E402
from tests.cli.terminals import answered  # noqa: E402

HOST = "download.mindspore.cn"
FILE = "/models/r1.9/googlenet_ascend_v190_cifar10_official_cv_acc92.1.ckpt"
CODE = "/mindspore/models/raw/r1.9/official/cv/googlenet/mindspore_hub_conf.py"
PAGE = "mshub_res/assets/mindspore/1.9/googlenet_cifar10.md"
#: Answers to the questions of `hubbot new`, in their order; empty ones take what is usual.
ANSWERS = (
    "googlenet", "cifar10", "", "1.9", "cv-classification", "", f"https://{HOST}{FILE}", "googlenet.ckpt",
    "acc92.1", "", "googlenet is used for cv", "Going Deeper with Convolutions",
    "https://arxiv.org/pdf/1409.4842.pdf",
)  # fmt: skip
HEADS = {
    "en": "## In English",
    "zh": "## 中文",
}
INTRO = """<!-- Made by `python docs/transcript.py`; a change here is lost. -->

# From nothing to All Passed!

The page of GoogLeNet on CIFAR-10, written anew in one sitting.
下面是从零开始编写 GoogLeNet（CIFAR-10）页面的完整过程。
"""
MODEL = b"".join(Model("googlenet", 2 << 20).chunks())
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Host(BaseHTTPRequestHandler):
    """Serves `files` for whatever name it is called by."""

    files: dict[str, bytes] = {}  # noqa: RUF012 - one host at a time

    def do_GET(self) -> None:  # the name that http.server calls
        body = self.files.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, str]]:
    """The settings under which hubbot reaches the host."""
    made = tls.make(folder / "tls", {HOST, "gitee.com"}, time.time())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "ASSET_CONNECT_TO": f"::127.0.0.1:{server.server_port}",
        "ASSET_CA_BUNDLE": str(made.authority),
        "PYTHONPATH": str(DOCS.parent),
    }
    server.shutdown()
    server.server_close()


def record(lang: str) -> str:
    """One language's transcript; raises where a step does not end as it should."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as settings:
        hub = Path(name) / "hub"
        (hub / "mshub_res/assets").mkdir(parents=True)
        (hub / "googlenet.ckpt").write_bytes(MODEL)
        settings |= {"LANG": "zh_CN.UTF-8" if lang == "zh" else "en_US.UTF-8"}
        conf = _run(hub, settings, "hubbot", "new", "--conf", "--model", "googlenet")
        Host.files = {FILE: MODEL, CODE: conf.partition("\n")[2].encode()}
        code, shown = answered(["new"], ANSWERS, hub, **settings)
        assert code == 0, shown
        steps = [
            conf,
            _run(hub, settings, "hubbot", "sha256", "googlenet.ckpt"),
            f"$ hubbot new\n{ESCAPE.sub('', shown)}",
            _run(hub, settings, "hubbot", "check", PAGE),
            _run(hub, settings, "hubbot", "check", "--remote", PAGE),
            _run(hub, settings, "python", "mshub_res/tools/md_validator.py", "--check_path", PAGE),
        ]
    assert steps[-1].endswith("All Passed!\n"), steps[-1]
    return "\n".join(steps)


def _run(hub: Path, settings: dict[str, str], program: str, *arguments: str) -> str:
    """A command as it is typed, and what it prints."""
    tool = DOCS.parent / "tools" / Path(arguments[0]).name
    command = ["-m", "bot", *arguments] if program == "hubbot" else [str(tool), *arguments[1:]]
    env = {"PATH": os.environ["PATH"], **settings}
    done = subprocess.run(
        [sys.executable, *command], cwd=hub, env=env, capture_output=True, text=True, timeout=120, check=True
    )
    return f"$ {program} {' '.join(arguments)}\n{done.stdout}{done.stderr}"


def main() -> None:
    parts = [f"{HEADS[lang]}\n\n```console\n{record(lang)}```\n" for lang in HEADS]
    (DOCS / "transcript.md").write_text("\n".join([INTRO, *parts]), encoding="utf-8")


if __name__ == "__main__":
    main()
