"""Comments on lines of the diff: one a page, at a position that is counted in the patch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.forges.gitee import answers, comments, trees
from bot.forges.gitee.http import Api, RequestError
from bot.model import InlineComment, PullRequest, User
from bot.review.diff import positions

#: Pages commented at once: each costs a request and a mail to everybody who follows. Ours to choose.
MAX_PAGES = 30
#: Added to a position whose 0 is the first `@@`: Gitee's documents do not say whether that line counts.
POSITION_BASES = (0, 1)

_SUGGESTION = re.compile(r"^(`{3,})suggestion\b", re.MULTILINE)

Group = tuple[InlineComment, ...]


class InlinePoster:
    """Posts inline comments, and learns from Gitee's answers how it counts positions."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._bases: tuple[int, ...] = POSITION_BASES

    def post(self, pull: PullRequest, me: User, wanted: Sequence[InlineComment]) -> tuple[InlineComment, ...]:
        """Returns what was not taken: lines outside the diff, pages beyond `MAX_PAGES`, refused positions."""
        mine = comments.own(self._api, pull, me, "diff_comment")
        said, unmarked = comments.fingerprints(mine), [item for item in mine if not _is_marked(item)]
        fresh = [comment for comment in wanted if not said.issuperset(comment.fingerprints or ("",))]
        if not fresh or not self._bases:
            return tuple(fresh)
        listed = trees.listed(self._api.get(f"{comments.path_of(pull)}/files"))
        lines = {path: positions(patch) for path, patch in listed.patches.items()}
        self._learn(pull, mine, lines)
        taken: set[InlineComment] = set()
        for group in _groups(c for c in fresh if c.line in lines.get(c.path, {})):
            known = any(_says(item, group) for item in unmarked)
            if known or self._say(pull, me, group, lines[group[0].path][group[0].line]):
                taken.update(group)
        return tuple(comment for comment in fresh if comment not in taken)

    def _learn(
        self, pull: PullRequest, mine: Iterable[answers.Object], lines: Mapping[str, Mapping[int, int]]
    ) -> None:
        """What our own earlier comments on this head tell of how positions count: a restart forgets it."""
        for item in mine:
            position, line = item.get("position"), item.get("new_line")
            place = lines.get(answers.prose(item.get("path")), {}).get(line if isinstance(line, int) else 0)
            if item.get("commit_id") != pull.head_sha or place is None or not isinstance(position, int):
                continue
            if (base := position - place) in self._bases:
                self._bases = (base,)

    def _say(self, pull: PullRequest, me: User, group: Group, position: int) -> bool:
        """Posts on the first line of the group; a comment that landed elsewhere is taken back."""
        first, body = group[0], _joined(group)
        for base in self._bases:
            payload = {
                "body": body,
                "path": first.path,
                "position": position + base,
                "commit_id": pull.head_sha,
            }

            def find(payload: answers.Object = payload) -> answers.Object | None:
                return _posted(comments.own(self._api, pull, me, "diff_comment"), payload)

            try:
                made = answers.obj(comments.create(self._api, pull, payload, find), "comment")
            except RequestError as error:
                if error.status not in (400, 422):
                    raise
                continue
            landed = made.get("new_line")
            if not isinstance(landed, int):
                return True
            if landed == first.line:
                self._bases = (base,)
                return True
            comments.delete(self._api, pull, answers.comment(made).id)
            self._bases = tuple(other for other in self._bases if other != base)
        return False


def _groups(found: Iterable[InlineComment]) -> list[Group]:
    """The comments of each page as one, as far as they fit; the first of the page by its line comes first."""
    pages: dict[str, list[InlineComment]] = {}
    for comment in found:
        pages.setdefault(comment.path, []).append(comment)
    groups = []
    for page in list(pages.values())[:MAX_PAGES]:
        page.sort(key=lambda comment: comment.line)
        while len(page) > 1 and len(_joined(tuple(page)).encode("utf-8", "replace")) > comments.MAX_BODY:
            page.pop()
        groups.append(tuple(page))
    return groups


def _joined(group: Group) -> str:
    """The comments under the numbers of their lines; only the first stands on its own and may suggest.

    A suggestion for several lines would replace only the one that the comment stands on.
    """
    first = _SUGGESTION.sub(r"\1", group[0].body) if group[0].start_line else group[0].body
    if len(group) == 1:
        return comments.fit(first)
    bodies = [first, *(_SUGGESTION.sub(r"\1", comment.body) for comment in group[1:])]
    return "\n\n".join(comments.heading(c.line) + body for c, body in zip(group, bodies, strict=True))


def _posted(items: Iterable[answers.Object], payload: answers.Object) -> answers.Object | None:
    return next(
        (x for x in items if (x.get("path"), x.get("body")) == (payload["path"], payload["body"])), None
    )


def _is_marked(item: answers.Object) -> bool:
    return "<!--" in answers.prose(item.get("body"))


def _says(item: answers.Object, group: Group) -> bool:
    """Whether a comment says just this at its place: how one is known that has lost its hidden markers."""
    where = (item.get("path"), item.get("new_line"))
    said = comments.visible(answers.prose(item.get("body")))
    return where == (group[0].path, group[0].line) and said == comments.visible(_joined(group))
