"""Takes the pictures of the pages in docs/images: Chromium looks at a running `hubbot serve`.

The demo plays its scenes to the end first, so that every run shows the same pull requests in the same state;
only the times differ. All pictures, those of the comments too, are then made small: 256 colours, packed well.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bot.forges.demo.life import SCENES
from bot.forges.demo.stories import REPOSITORY
from tests.ports import free_port
from tests.web.browser import Browser, browser

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
PALETTE = (DOCS / "palette.js").read_text("utf-8")
LINK = re.compile(r"http://\S+(/setup\?token=\S+)")
#: Pixels: a window on a desk and one of a telephone, and how much of a page a picture shows at most.
DESK, PHONE, TALL = 1280, 390, 1500
#: Seconds for the start, and for the last reviews after the last scene.
STARTED, REVIEWED = 60.0, 45.0
PULL = f"/pulls/demo/{REPOSITORY}"
#: Gets from a pull request's page to its newest report.
REPORT = "main a.button"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: whose page, in which language and window; `press` leads on to another page first."""

    name: str
    path: str
    lang: str = "en"
    width: int = DESK
    dark: bool = False
    press: str = ""


SHOTS = (
    Shot("report", f"{PULL}/3", press=REPORT),
    Shot("report.zh", f"{PULL}/3", "zh", dark=True, press=REPORT),
    Shot("report.phone.zh", f"{PULL}/6", "zh", PHONE, press=REPORT),
    Shot("pull", f"{PULL}/2"),
    Shot("pull.zh", f"{PULL}/2", "zh"),
    Shot("dashboard", "/"),
    Shot("dashboard.zh", "/", "zh", PHONE),
    Shot("hub", "/hub"),
    Shot("hub.zh", "/hub", "zh", PHONE),
    Shot("failure", "/failures/host-unavailable"),
    Shot("failure.zh", "/failures/host-unavailable", "zh", PHONE),
)
#: Taken by whoever followed the link, in this order: the place is filled in by the second.
SETUP = (
    Shot("setup", "/setup"),
    Shot("setup-github", "/setup/github"),
    Shot("setup-app", "/setup/github", press="button[value=app]"),
    Shot("setup-github.zh", "/setup/github", "zh"),
    Shot("setup-gitee.zh", "/setup/gitee", "zh", PHONE),
)
FILL = """
document.querySelector("#PUBLIC_URL").value = "https://hubbot.example.org";
document.querySelector("#GITHUB_REPOSITORIES").value = "mindspore-ai/hub";
document.querySelector("#GITEE_REPOSITORIES").value = "mindspore/hub";
"""


def take(eye: Browser, origin: str, link: str, folder: Path, *, whole: bool) -> None:
    """All pages, as PNG files in `folder`; `whole` ones are as high as the page."""
    eye.open(f"{origin}{link}", width=DESK, dark=False)
    eye.open(f"{origin}/setup?lang=en", width=DESK, dark=False)
    eye.run(FILL)
    save(eye, folder / "setup.png", whole=whole)
    eye.press("button[value=next]")
    for shot in (*SETUP[1:], *SHOTS):
        eye.open(f"{origin}{shot.path}?lang={shot.lang}", width=shot.width, dark=shot.dark)
        if shot.press:
            eye.press(shot.press)
        save(eye, folder / f"{shot.name}.png", whole=whole)


def save(eye: Browser, path: Path, *, whole: bool) -> None:
    eye.picture(path, None if whole else TALL)


@contextmanager
def serving() -> Iterator[tuple[str, str]]:
    """A first start that has played all its scenes: its address, and the way into its set-up."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {
            **kept, "PORT": str(port), "METRICS_PORT": str(free_port()), "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(DOCS.parent),
        }  # fmt: skip
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], cwd=folder, env=environment, stdout=said, stderr=said
            )
        try:
            time.sleep(sum(scene.after for scene in SCENES) + REVIEWED)
            origin = f"http://127.0.0.1:{port}"
            with urlopen(f"{origin}/readyz", timeout=STARTED) as answer:  # noqa: S310 - our own address
                answer.read()
            found = LINK.search(log.read_text("utf-8"))
            if found is None:
                raise SystemExit(f"the set-up's link was not printed:\n{log.read_text('utf-8')[-2000:]}")
            yield origin, found[1]
        finally:
            process.terminate()
            process.wait(STARTED)


def shrink(eye: Browser, path: Path) -> None:
    """The same picture with at most 256 colours, which halves it or better; as it was where that does not."""
    before = path.read_bytes()
    address = f"data:image/png;base64,{base64.b64encode(before).decode()}"
    found = eye.run(f"({PALETTE})('{address}')")
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    made = b"\x89PNG\r\n\x1a\n" + b"".join((
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", bytes(value for colour in found["palette"] for value in colour)),
        _chunk(b"IDAT", zlib.compress(rows, 9)),
        _chunk(b"IEND", b""),
    ))  # fmt: skip
    if len(made) < len(before):
        path.write_bytes(made)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=IMAGES, help="folder of the pictures")
    parser.add_argument("--whole", action="store_true", help="pages from top to bottom, for looking at them")
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, browser(Path(profile)) as eye:
        with serving() as (origin, link):
            take(eye, origin, link, arguments.to, whole=arguments.whole)
        eye.ask("Page.navigate", url="about:blank")
        for path in sorted(arguments.to.glob("*.png")):
            shrink(eye, path)


if __name__ == "__main__":
    main()
