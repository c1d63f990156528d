"""Collects the pages that a check is about: from paths, from a whole hub, or from what a branch changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath

from bot.cli.repository import as_committed, at_commit, changed_since, contents, merge_base, top
from bot.cli.words import say
from bot.errors import CouldNotVerify, UserError
from rules.facts import Facts, TreeAsset
from rules.page import ROOT, Page, parse
from rules.rule import Subject
from rules.source import MAX_PAGE


def from_paths(paths: Sequence[str], lang: str) -> list[Subject]:
    """The pages at paths, judged as new. Raises `UserError` that names a path which does not exist or has no
    page.
    """
    return [Subject(page) for page in _pages(page_files(paths, lang), Path.cwd(), lang)]


def page_files(paths: Sequence[str], lang: str) -> dict[str, Path]:
    """The files of the pages at paths, by their path in the hub. Raises `UserError` as `from_paths` does and
    where two files are the same page of the hub, and `CouldNotVerify` where one cannot be looked at.
    """
    files: dict[str, Path] = {}
    for text in _expanded(paths):
        with reading(text, lang):
            for path, file in _found(text, lang):
                known = files.setdefault(path, file)
                if known is not file and known.resolve() != file.resolve():
                    raise UserError(say(lang, "two-files", path=path, first=known, second=file))
    return files


def _found(text: str, lang: str) -> list[tuple[str, Path]]:
    """The pages at one path, each with its path in the hub."""
    path = Path(text)
    if not path.exists():
        raise UserError(say(lang, "no-such-path", path=text))
    found = list(_named(path)) if path.is_dir() else [(hub_path(path, path.resolve()), path)]
    if not found:
        raise UserError(say(lang, "no-pages", path=text))
    return found


@contextmanager
def reading(path: object, lang: str) -> Iterator[None]:
    """Whatever cannot be looked at or read within is `CouldNotVerify`, with its own path or else this one."""
    try:
        yield
    except OSError as error:
        name = path if error.filename is None else Path(os.fsdecode(error.filename))
        raise CouldNotVerify(say(lang, "cannot-read", path=name, detail=error.strerror)) from None


def _expanded(paths: Sequence[str]) -> Iterator[str]:
    """Paths with their patterns resolved: the shells of Windows leave `*.md` to the program."""
    for text in paths:
        found: list[str] = []
        if "*" in text and not os.path.lexists(text):
            import glob  # only here: other shells have done it

            found = sorted(glob.glob(text))
        yield from found or [text]


def from_hub(root: str, lang: str) -> list[Subject]:
    """Every page of a hub, judged as untouched."""
    return from_hubs([root], lang)


def from_hubs(roots: Sequence[str], lang: str) -> list[Subject]:
    """Every page of some directories, judged as untouched."""
    files = page_files(roots, lang)
    return [Subject(parse(path, read_bytes(file, lang)), changed=False) for path, file in files.items()]


def from_branch(base: str, lang: str, folder: Path | None = None) -> tuple[list[Subject], Facts]:
    """The pages that differ from the merge base with `base` ("" for the default branch), those that are gone,
    and what the rest of the tree says.

    Pages not committed yet count as changed. The repository is that of `folder`, or of the current directory.
    Raises `UserError` outside a repository or for an unknown base.
    """
    root = top(lang, folder)
    start = merge_base(root, base, lang)
    changed = changed_since(root, start, lang)
    objects = at_commit(root, start, lang)
    old = contents(root, {path: objects[path] for path in changed if path in objects}, lang)
    before = {path: parse(path, data) for path, data in old.items()}
    with reading(root, lang):
        standing = [path for path in changed if (root / path).is_file() and not (root / path).is_symlink()]
        pages = _pages({path: root / path for path in standing}, root, lang)
        paths = tuple(file.relative_to(root).as_posix() for file in _pages_below(root / ROOT))
        tree = uses_elsewhere(pages, lambda: _others(root, standing))
    subjects = [Subject(page, before.get(page.path)) for page in pages]
    removed = [
        Subject(before[path], removed=True) for path in changed if path in before and path not in standing
    ]
    return [*subjects, *removed], Facts(tree=tree, paths=paths)


def hub_path(file: PurePath, whole: PurePath) -> str:
    """A file's path in its hub, or as it was given where it lies in none; `whole` is its resolved path."""
    return _hub_path(file.as_posix(), whole.as_posix())


def _hub_path(file: str, whole: str) -> str:
    _, found, rest = whole.rpartition(f"/{ROOT}")
    return f"{ROOT}{rest}" if found else file


def _named(folder: Path) -> Iterator[tuple[str, Path]]:
    """The pages below a directory with their path in the hub; no link lies between: it is resolved once."""
    given, whole = folder.as_posix(), folder.resolve().as_posix()
    start = 0 if given == "." else len(given.rstrip("/")) + 1
    for file in _pages_below(folder):
        name = file.as_posix()
        yield _hub_path(name, f"{whole}/{name[start:]}"), file


def _pages_below(folder: Path) -> Iterator[Path]:
    """Pages in the order of their paths; links to files or directories are not followed. Raises `OSError`."""
    below = [folder / ROOT, folder / ROOT.partition("/")[2]]
    holds = [True, folder.resolve().name == ROOT.partition("/")[0]]
    start = next((place for place, held in zip(below, holds, strict=True) if held and place.is_dir()), folder)
    found: list[str] = []
    for place, _, names in os.walk(start, onerror=_unread):
        found += [f"{place}/{name}" for name in names if name.endswith(".md")]
    for name in sorted(found, key=lambda name: name.split("/")):
        if os.path.isfile(name) and not os.path.islink(name):
            yield Path(name)


def _unread(error: OSError) -> None:
    """A directory that cannot be read may hold pages, which nobody must take for judged."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _pages(files: Mapping[str, Path], root: Path, lang: str) -> list[Page]:
    """The pages in files, as a commit of the repository at `root` would hold them."""
    read = as_committed(root, {file: read_bytes(file, lang) for file in files.values()})
    return [parse(path, read[file]) for path, file in files.items()]


def read_bytes(file: Path, lang: str) -> bytes:
    """A page's bytes, one more than a page may have at most. Raises `CouldNotVerify`."""
    with reading(file, lang), open(file, "rb") as opened:
        # To read at most so much would reserve so much, for each of a hub's pages. A pipe has no size.
        size = os.fstat(opened.fileno()).st_size or MAX_PAGE
        return opened.read(min(size, MAX_PAGE) + 1)


def _others(root: Path, own: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The pages of a work tree but for some, one after the other."""
    for file in _pages_below(root / ROOT):
        path = file.relative_to(root).as_posix()
        if path not in own:
            yield path, file.read_bytes()


def uses_elsewhere(
    pages: Sequence[Page], others: Callable[[], Iterable[tuple[str, bytes]]]
) -> dict[str, tuple[TreeAsset, ...]]:
    """Uses of the pages' links and digests in other pages of the hub; only those that contain one are parsed.

    `others` is not called where the pages have none.
    """
    texts = {text for page in pages for asset in page.assets for text in (asset.link, asset.sha256) if text}
    sought = {text.encode("utf-8", "replace") for text in texts}
    found: dict[str, tuple[TreeAsset, ...]] = {}
    for path, data in others() if sought else ():
        if any(text in data for text in sought):
            page = parse(path, data)
            found[path] = tuple(TreeAsset(path, asset.link, asset.sha256) for asset in page.assets)
    return found
