"""`hubbot sha256 --write`: the digest goes where it belongs, and every other byte stays."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.processes import ROOT, hubbot

GOOD = (ROOT / "tests/rules/fixtures/msh303/good.md").read_text("utf-8")
NAME = "lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
OLD = GOOD.partition("asset-sha256: ")[2].partition("\n")[0]
NEW = sha256(b"model").hexdigest()
ENTRY = f"    asset-sha256: {OLD}\n"
ASSET = GOOD[GOOD.index("asset:") : GOOD.index("\nlicense")]
LINK = f"<https://download.mindspore.cn/{NAME}>"


def listed(start: str, end: str = "") -> str:
    """The page with an entry that begins behind its dash."""
    return GOOD.replace(ASSET, f"asset:\n- {start}: {LINK}{end}\n  file-format: ckpt\n")


def flow(end: str) -> str:
    """The page with its entry in braces."""
    return GOOD.replace(ASSET, f"asset: [{{file-format: ckpt, asset-link: {LINK}{end}}}]\n")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_bytes(b"model")
    (tmp_path / "other.ckpt").write_bytes(b"model")
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GOOD, GOOD.replace(OLD, NEW)),
        (GOOD.replace("\n", "\r\n"), GOOD.replace(OLD, NEW).replace("\n", "\r\n")),
        (GOOD.replace(f": {OLD}", ":"), GOOD.replace(OLD, NEW)),
        (GOOD.replace(ENTRY, ""), GOOD.replace(OLD, NEW)),
        (GOOD.replace(OLD, NEW), GOOD.replace(OLD, NEW)),
        (GOOD.replace(f": {OLD}", ": "), GOOD.replace(OLD, NEW)),
        (GOOD.replace(f": {OLD}", ":  # soon"), GOOD.replace(f" {OLD}", f" {NEW}  # soon")),
        (GOOD.replace(OLD, f"|\n      {OLD}"), GOOD.replace(OLD, NEW)),
        (
            GOOD.replace(ENTRY, "").replace(": <https://down", ":\n      <https://down"),
            GOOD.replace(": <https://down", ":\n      <https://down").replace(OLD, NEW),
        ),
        (listed("asset-link"), listed("asset-link", f"\n  asset-sha256: {NEW}")),
        (listed("asset-sha256:\n  asset-link"), listed(f"asset-sha256: {NEW}\n  asset-link")),
        (flow(f", asset-sha256: {OLD}"), flow(f", asset-sha256: {NEW}")),
        (flow(", asset-sha256: "), flow(f", asset-sha256: {NEW}")),
    ],
    ids=[
        "another",
        "crlf",
        "empty",
        "absent",
        "the same",
        "a blank",
        "a comment",
        "a block",
        "link on a line of its own",
        "after the dash",
        "empty after the dash",
        "in braces",
        "empty in braces",
    ],
)
@pytest.mark.parametrize("source", [NAME, "other.ckpt"])
def test_the_entry_of_the_file_gets_the_digest(place: Path, before: str, after: str, source: str) -> None:
    page = place / "page.md"
    page.write_bytes(before.encode())
    done = hubbot("sha256", source, "--write", "page.md", cwd=place)
    assert (done.returncode, done.stdout) == (0, f"sha256: {NEW}\n"), done.stderr
    assert page.read_bytes() == after.encode()


def test_of_several_entries_the_one_of_that_name(place: Path) -> None:
    second = (
        f"-\n    file-format: ckpt\n    asset-link: <https://download.mindspore.cn/b.ckpt>\n{ENTRY}\nlicense"
    )
    page = place / "page.md"
    page.write_text(GOOD.replace("license", second, 1), "utf-8")
    assert hubbot("sha256", NAME, "--write", "page.md", cwd=place).returncode == 0
    text = page.read_text("utf-8")
    assert (text.count(NEW), text.count(OLD), text.index(NEW) < text.index(OLD)) == (1, 1, True)
    done = hubbot("sha256", "other.ckpt", "--write", "page.md", cwd=place)
    assert done.returncode == 2
    assert "b.ckpt" in done.stderr
    assert page.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("source", "page", "code"), [(NAME, "none.md", 2), ("none.ckpt", "page.md", 1), (NAME, "empty.md", 2)]
)
def test_nothing_is_written_for_nothing(place: Path, source: str, page: str, code: int) -> None:
    (place / "page.md").write_text(GOOD, "utf-8")
    (place / "empty.md").write_text("# x\n", "utf-8")
    done = hubbot("sha256", source, "--write", page, cwd=place)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert (place / "page.md").read_text("utf-8") == GOOD


@pytest.mark.parametrize(
    "before",
    [
        flow(""),
        flow("").replace("[", "\n- ").replace("]", ""),
        GOOD.replace(ENTRY, "").replace("LeNet", "L\xe9"),
    ],
    ids=["in braces", "a line in braces", "no UTF-8"],
)
@pytest.mark.parametrize(("lang", "said"), [("en", "yourself"), ("zh", "请自行")])
def test_where_no_line_can_stand_the_person_is_told_what_to_write(
    place: Path, before: str, lang: str, said: str
) -> None:
    page = place / "page.md"
    page.write_bytes(before.encode("latin-1"))
    done = hubbot("sha256", NAME, "--write", "page.md", "--lang", lang, cwd=place)
    assert (done.returncode, done.stdout) == (2, f"sha256: {NEW}\n")
    assert done.stderr.startswith("hubbot: ")
    assert said in done.stderr
    assert f"asset-sha256: {NEW}" in done.stderr
    assert page.read_bytes() == before.encode("latin-1")


def test_a_page_that_cannot_be_looked_at_is_named(place: Path) -> None:
    done = hubbot("sha256", NAME, "--write", "x" * 300, cwd=place)
    assert done.returncode == 3
    assert done.stderr.startswith("hubbot: cannot read xxx")
