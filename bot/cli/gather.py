"""Collects the pages that a check is about: from paths, from a whole hub, or from what a branch changes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bot.cli.words import say
from bot.errors import CouldNotVerify, UserError
from rules.facts import Facts, TreeAsset
from rules.page import ROOT, Page, parse
from rules.rule import Subject
from rules.source import MAX_PAGE

#: Tried in this order where the remote does not say which branch is its default.
DEFAULT_BRANCHES = ("origin/master", "origin/main", "master", "main")


def from_paths(paths: Sequence[str], lang: str) -> list[Subject]:
    """The pages at paths, judged as new. Raises `UserError` that names a path which does not exist or has no
    page.
    """
    return [Subject(_read(path, file, lang)) for path, file in page_files(paths, lang).items()]


def page_files(paths: Sequence[str], lang: str) -> dict[str, Path]:
    """The files of the pages at paths, by their path in the hub. Raises `UserError` as `from_paths` does."""
    files: dict[str, Path] = {}
    for text in paths:
        path = Path(text)
        if not path.exists():
            raise UserError(say(lang, "no-such-path", path=text))
        found = _named(path) if path.is_dir() else {hub_path(path, path.resolve()): path}
        if not found:
            raise UserError(say(lang, "no-pages", path=text))
        files |= found
    return files


def from_hub(root: str, lang: str) -> list[Subject]:
    """Every page of a hub, judged as untouched."""
    subjects = from_paths([root], lang)
    return [Subject(subject.page, changed=False) for subject in subjects]


def from_branch(base: str, lang: str) -> tuple[list[Subject], Facts]:
    """The pages that differ from the merge base with `base` ("" for the default branch), those that are gone,
    and what the rest of the tree says.

    Pages not committed yet count as changed. Raises `UserError` outside a repository or for an unknown base.
    """
    root = top(lang)
    merge_base = _merge_base(root, base, lang)
    changed = _changed(root, merge_base)
    before = {path: parse(path, data) for path, data in _blobs(root, merge_base, changed).items()}
    standing = [path for path in changed if (root / path).is_file() and not (root / path).is_symlink()]
    subjects = [Subject(_read(path, root / path, lang), before.get(path)) for path in standing]
    removed = [
        Subject(before[path], removed=True) for path in changed if path in before and path not in standing
    ]
    paths = tuple(file.relative_to(root).as_posix() for file in _pages_below(root))
    tree = _others(root, [subject.page for subject in subjects])
    return [*subjects, *removed], Facts(tree=tree, paths=paths)


def top(lang: str) -> Path:
    """The repository's own directory. Raises `UserError` outside a repository."""
    answer = _git(Path.cwd(), "rev-parse", "--show-toplevel")
    if answer is None:
        raise UserError(say(lang, "not-git"))
    return Path(os.fsdecode(answer).rstrip("\n"))


def hub_path(file: Path, whole: Path) -> str:
    """A file's path in its hub, or as it was given where it lies in none; `whole` is its resolved path."""
    return _hub_path(file.as_posix(), whole.as_posix())


def _hub_path(file: str, whole: str) -> str:
    _, found, rest = whole.rpartition(f"/{ROOT}")
    return f"{ROOT}{rest}" if found else file


def _named(folder: Path) -> dict[str, Path]:
    """The pages below a directory by their path in the hub; no link lies between, so it is resolved once."""
    given, whole = folder.as_posix(), folder.resolve().as_posix()
    start = 0 if given == "." else len(given.rstrip("/")) + 1
    files = {file.as_posix(): file for file in _pages_below(folder)}
    return {_hub_path(name, f"{whole}/{name[start:]}"): file for name, file in files.items()}


def _pages_below(folder: Path) -> Iterator[Path]:
    """Pages in the order of their paths; links to files or directories are not followed."""
    assets = folder / ROOT
    found: list[str] = []
    for place, _, names in os.walk(assets if assets.is_dir() else folder):
        found += [f"{place}/{name}" for name in names if name.endswith(".md")]
    for name in sorted(found, key=lambda name: name.split("/")):
        if os.path.isfile(name) and not os.path.islink(name):
            yield Path(name)


def _read(path: str, file: Path, lang: str) -> Page:
    return parse(path, read_bytes(file, lang))


def read_bytes(file: Path, lang: str) -> bytes:
    """A page's bytes, one more than a page may have at most. Raises `CouldNotVerify`."""
    try:
        with open(file, "rb") as opened:
            # To read at most so much would reserve so much, for each of a hub's pages. A pipe has no size.
            size = os.fstat(opened.fileno()).st_size or MAX_PAGE
            return opened.read(min(size, MAX_PAGE) + 1)
    except OSError as error:
        raise CouldNotVerify(say(lang, "cannot-read", path=file, detail=error.strerror)) from None


def _merge_base(root: Path, base: str, lang: str) -> str:
    names = [base] if base else [_default_branch(root), *DEFAULT_BRANCHES]
    for name in names:
        commit = (
            None
            if not name
            else _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        )
        merge_base = commit and _git(root, "merge-base", commit.decode().strip(), "HEAD")
        if merge_base:
            return merge_base.decode().strip()
    raise UserError(say(lang, "no-base", base=base) if base else say(lang, "no-branch"))


def _default_branch(root: Path) -> str:
    name = _git(root, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    return name.decode().strip() if name else ""


def _changed(root: Path, merge_base: str) -> list[str]:
    """Paths of pages that differ from the merge base or are gone from it, tracked or not."""
    tracked = _must(
        root, "diff", "--no-ext-diff", "--name-only", "--no-renames", "-z", merge_base, "--", ROOT
    )
    fresh = _must(root, "ls-files", "-z", "--others", "--exclude-standard", "--", ROOT)
    return sorted({os.fsdecode(name) for name in (tracked + fresh).split(b"\0") if name.endswith(b".md")})


def _blobs(root: Path, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
    """The pages as they were at a commit; those it does not have are left out."""
    wanted = set(paths)
    oids: dict[str, str] = {}
    for entry in _must(root, "ls-tree", "-r", "-z", commit, "--", ROOT).split(b"\0"):
        info, _, name = entry.partition(b"\t")
        if os.fsdecode(name) in wanted:
            oids[os.fsdecode(name)] = info.split()[2].decode()
    answer = _must(root, "cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids.values()).encode())
    found, offset = {}, 0
    for path in oids:
        end = answer.index(b"\n", offset)
        size = int(answer[offset:end].split()[2])
        found[path] = answer[end + 1 : end + 1 + size][: MAX_PAGE + 1]
        offset = end + 2 + size
    return found


def _others(root: Path, pages: Sequence[Page]) -> dict[str, tuple[TreeAsset, ...]]:
    """Uses of the pages' links and digests elsewhere in the hub; only files that contain one are parsed."""
    texts = {text for page in pages for asset in page.assets for text in (asset.link, asset.sha256) if text}
    sought = {text.encode("utf-8", "replace") for text in texts}
    own = {page.path for page in pages}
    found: dict[str, tuple[TreeAsset, ...]] = {}
    if not sought:
        return found
    for file in _pages_below(root):
        path = file.relative_to(root).as_posix()
        data = b"" if path in own else file.read_bytes()
        if any(text in data for text in sought):
            page = parse(path, data)
            found[path] = tuple(TreeAsset(path, asset.link, asset.sha256) for asset in page.assets)
    return found


def _must(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    answer = _git(root, *arguments, stdin=stdin)
    if answer is None:
        raise CouldNotVerify(say("en", "git-failed", detail=arguments[0]))
    return answer


def _git(root: Path, *arguments: str, stdin: bytes = b"") -> bytes | None:
    """What git prints, None when it fails. Never through a shell."""
    command = ["git", *arguments]
    try:
        done = subprocess.run(command, cwd=root, input=stdin, capture_output=True, check=False)  # noqa: S603 - no shell
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
