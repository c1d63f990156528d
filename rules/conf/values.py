"""What an expression of a conf file may be known to be."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Final

#: Longer texts and containers are not names of models.
MAX_TEXT, MAX_ITEMS = 1_000, 500


class Undecided(Exception):
    """The file is larger, deeper or stranger than what is followed."""


class Raised(Exception):
    """The code raises; `kind` is the exception's name as written, empty where it is not known."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything. `tainted`: what it is, or whether it comes to be at all, may depend on the model's name."""

    tainted: bool = False


@dataclass(frozen=True, slots=True)
class Plain:
    """A text, number, truth value or None; `tainted` where it was made from the model's name."""

    value: str | int | float | bool | None
    tainted: bool = False


@dataclass(slots=True)
class Items:
    """A list, tuple or set of which every item is listed; `spoilt` once something unseen may change it."""

    items: list[Value]
    spoilt: bool = False


@dataclass(slots=True)
class Table:
    """A dictionary whose keys are all plain."""

    entries: dict[str | int | float | bool | None, Value]
    spoilt: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the file, with the scope that it was made in."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope

    @property
    def name(self) -> str:
        return self.node.name if isinstance(self.node, ast.FunctionDef) else "<lambda>"


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value that is known, not called yet."""

    owner: Plain | Items | Table
    name: str


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of Python itself, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """All names of the file: what `globals()` gives."""


Value = Unknown | Plain | Items | Table | Function | Method | Builtin | Names

NOTHING: Final = Plain(None)
ANYTHING: Final = Unknown()


@dataclass(slots=True)
class Scope:
    """The names of a function or, without a parent, of the file."""

    names: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None
    outside: set[str] = field(default_factory=set)

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def bind(self, name: str, value: Value) -> None:
        target = self.top() if name in self.outside else self
        target.names[name] = value

    def top(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


def is_tainted(value: Value) -> bool:
    """Whether a value may carry the model's name in it."""
    if isinstance(value, Unknown | Plain):
        return value.tainted
    if isinstance(value, Items):
        return any(
            is_tainted(item) for item in value.items[:MAX_ITEMS] if not isinstance(item, Items | Table)
        )
    if isinstance(value, Table):
        return any(is_tainted(item) for item in value.entries.values() if not isinstance(item, Items | Table))
    return isinstance(value, Method) and is_tainted(value.owner)


def spoil(value: Value) -> None:
    """Notes that unseen code may change a container from now on."""
    if isinstance(value, Items | Table):
        value.spoilt = True


def truth(value: Value) -> bool | None:
    """Whether a value counts as true; None where that is not known."""
    if isinstance(value, Plain):
        return bool(value.value)
    if isinstance(value, Items):
        return None if value.spoilt else bool(value.items)
    if isinstance(value, Table):
        return None if value.spoilt else bool(value.entries)
    return None if isinstance(value, Unknown) else True


def equal(one: Value, other: Value) -> bool | None:
    """Whether two values are equal; None where that is not known."""
    if isinstance(one, Plain) and isinstance(other, Plain):
        return one.value == other.value
    if isinstance(one, Plain | Items | Table) and isinstance(other, Function | Builtin | Names):
        return False
    if isinstance(one, Plain) and isinstance(other, Items | Table):
        return False
    return None


def holds(container: Value, wanted: Value) -> bool | None:
    """Whether a value is in another; None where that is not known."""
    if isinstance(container, Plain) and isinstance(wanted, Plain):
        both = isinstance(container.value, str) and isinstance(wanted.value, str)
        return str(wanted.value) in str(container.value) if both else None
    if isinstance(container, Table) and isinstance(wanted, Plain):
        return True if wanted.value in container.entries else (None if container.spoilt else False)
    if isinstance(container, Items):
        found = [equal(wanted, item) for item in container.items]
        if True in found:
            return True
        return None if None in found or container.spoilt else False
    return None
