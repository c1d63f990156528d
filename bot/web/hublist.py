"""Which hub, and which of its published pages, an address asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, request, url_for

from bot.review.health import State
from bot.store.hubview import SORTS, HubView, PageRow, Query
from bot.web.site import site

#: Ours: rows of the list. A hub has some 3,000 pages.
ROWS = 50
#: No hub has so many pages that a larger number makes sense.
LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, each part known or left at its default."""

    hub: str
    state: State | None
    publisher: str
    sort: str
    descending: bool
    page: int

    def address(self, **changes: Any) -> str:
        """The address of this list with some parts changed; a changed list begins at its first page."""
        return url_for("hub.overview", **{**self.kept(), "page": None, **changes})

    def kept(self) -> dict[str, Any]:
        """The parts of the query that are not at their default."""
        return {
            "repo": self.hub if request.args.get("repo") else None,
            "state": self.state.value if self.state else None,
            "publisher": self.publisher or None,
            "sort": self.sort if self.sort != "state" else None,
            "desc": "1" if self.descending else None,
            "page": self.page if self.page > 1 else None,
        }

    def sorted_by(self, column: str) -> str:
        """The address of the list sorted by a column, the other way round where it is already."""
        turned = column == self.sort and not self.descending
        return self.address(sort=column if column != "state" else None, desc="1" if turned else None)

    def direction(self, column: str) -> str:
        """In the words of `aria-sort`."""
        if column != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"


def asked(known: Sequence[str]) -> Asked:
    """What of the query is known; `known` are the hubs that are served."""
    given = request.args
    sort = given.get("sort", "state")
    number = given.get("page", "1")
    return Asked(
        chosen(known),
        next((state for state in State if state.value == given.get("state")), None),
        given.get("publisher", "")[:200],
        sort if sort in SORTS else "state",
        given.get("desc") == "1",
        min(int(number), LAST_PAGE) if number.isascii() and number.isdigit() and int(number[:6]) else 1,
    )


def chosen(known: Sequence[str]) -> str:
    """The hub of the query, by default the first; 404 for one that is not served."""
    name = request.args.get("repo", known[0])
    if name not in known:
        abort(404)
    return name


def listed(wish: Asked) -> tuple[Asked, Sequence[PageRow], int]:
    """The rows asked for and how many there are over all; the last ones where it asks for later ones."""
    query = Query(wish.state, wish.publisher, wish.sort, wish.descending, limit=ROWS)
    rows, total = view().pages(wish.hub, replace(query, offset=(wish.page - 1) * ROWS))
    last = pieces(total)
    if wish.page <= last:
        return wish, rows, total
    rows, total = view().pages(wish.hub, replace(query, offset=(last - 1) * ROWS))
    return replace(wish, page=last), rows, total


def pieces(total: int) -> int:
    """Into how many pieces so many rows are divided."""
    return max(1, -(-total // ROWS))


def view() -> HubView:
    """What the audit has found."""
    return site().world.hub


def served() -> Sequence[str]:
    """The hubs that are served now, by name: what was audited once stays in the database."""
    ours = {
        f"{forge}/{repo}".casefold() for forge, repos in site().world.repositories.items() for repo in repos
    }
    return [name for name in view().hubs() if name.casefold() in ours]
