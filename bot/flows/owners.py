"""Which of the changed pages somebody owns, by the OWNERS files of the base branch as they are now."""

from __future__ import annotations

from collections.abc import Collection

from bot.commands.command import Owned
from bot.flows.run import Run
from bot.flows.tree import REGULAR
from bot.model import PullRequest, User
from bot.review import owners


def owned(run: Run, pull: PullRequest, user: User, paths: Collection[str]) -> Owned:
    """The pages that `user` approves and reviews. Raises `ForgeError` or `CouldNotVerify`."""
    if not paths:
        return Owned()
    tree = run.forge.tree(pull.ref.repo, pull.base_sha)
    regular = {path: entry.oid for path, entry in tree.items() if entry.mode in REGULAR}
    names = owners.relevant(regular, tuple(paths))
    read = run.forge.blobs(pull.ref.repo, {regular[name] for name in names.values()}, commit=pull.base_sha)
    files = {directory: owners.parse(read[regular[name]]) for directory, name in names.items()}
    known = owners.Owners(files)
    return Owned(
        frozenset(path for path in paths if known.approves(user.login, path)),
        frozenset(path for path in paths if known.reviews(user.login, path)),
    )
