"""What calls in a conf file come to: methods of texts and tables, a few of Python's own, its functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rules.conf.run import Run
from rules.conf.values import (
    ANYTHING,
    MAX_ITEMS,
    MAX_TEXT,
    NOTHING,
    Builtin,
    Function,
    Items,
    Method,
    Names,
    Plain,
    Raised,
    Scope,
    Table,
    Undecided,
    Unknown,
    Value,
    is_tainted,
    spoil,
    truth,
)

Evaluate = Callable[[Run, ast.expr, Scope], Value]

#: Methods of texts that give a truth value, and those that give a text not much longer than what goes in.
_TESTS = frozenset(
    ("startswith", "endswith", "isidentifier", "isdigit", "isalpha", "isalnum", "islower", "isupper")
)
_CHANGES = frozenset(
    ("lower", "upper", "casefold", "title", "capitalize", "swapcase", "replace")
) | frozenset(("strip", "lstrip", "rstrip", "removeprefix", "removesuffix"))
_SPLITS = frozenset(("split", "rsplit", "partition", "rpartition", "splitlines"))
#: Nothing that these do or raise depends on what they are told.
_TALK = frozenset(("print", "info", "warning", "warn", "debug", "error", "critical", "exception", "log"))
_COPIES = frozenset(("list", "tuple", "set", "frozenset", "sorted", "reversed"))


@dataclass(slots=True)
class Arguments:
    """The values that a call hands over; `more`: some are not listed."""

    positional: list[Value] = field(default_factory=list)
    named: dict[str, Value] = field(default_factory=dict)
    more: bool = False
    tainted_more: bool = False

    @property
    def all(self) -> list[Value]:
        return [*self.positional, *self.named.values()]

    @property
    def is_tainted(self) -> bool:
        return self.tainted_more or any(is_tainted(value) for value in self.all)


def call(run: Run, node: ast.Call, scope: Scope, evaluate: Evaluate) -> Value:
    """The value of a call. Raises `Raised` where it surely raises."""
    if _is_own_module(node):
        return _from_names(run, node, scope, evaluate)
    called = evaluate(run, node.func, scope)
    given = _arguments(run, node, scope, evaluate)
    if isinstance(called, Builtin) and called.name.startswith("str.") and given.positional:
        owner = given.positional[0]
        if isinstance(owner, Plain):
            called = Method(owner, called.name.removeprefix("str."))
            given.positional = given.positional[1:]
    return apply(run, called, given, _written(node.func))


def apply(run: Run, called: Value, given: Arguments, written: str = "") -> Value:
    """What a value makes of arguments when it is called."""
    if isinstance(called, Function):
        return run.invoke(run, called, given.positional, given.named, given.more)
    if isinstance(called, Method):
        return _method(run, called, given)
    if isinstance(called, Builtin):
        return _builtin(run, called.name, given)
    return _unseen(run, called, given, written)


def _unseen(run: Run, called: Value, given: Arguments, written: str) -> Value:
    """A call of something that is not followed: it may change what it is handed, and refuse the name."""
    for value in given.all:
        spoil(value)
        if isinstance(value, Function):
            run.lose_sight(value)
    if written in _TALK:
        return NOTHING
    tainted = given.is_tainted or is_tainted(called)
    run.doubt = run.doubt or tainted
    return Unknown(tainted)


def _written(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _arguments(run: Run, node: ast.Call, scope: Scope, evaluate: Evaluate) -> Arguments:
    given = Arguments()
    for part in node.args:
        value = evaluate(run, part.value if isinstance(part, ast.Starred) else part, scope)
        if not isinstance(part, ast.Starred):
            given.positional.append(value)
        elif isinstance(value, Items) and not value.spoilt:
            given.positional += value.items
        else:
            given.more, given.tainted_more = True, given.tainted_more or is_tainted(value)
    for keyword in node.keywords:
        value = evaluate(run, keyword.value, scope)
        if keyword.arg is not None:
            given.named[keyword.arg] = value
        elif isinstance(value, Table) and not value.spoilt and all(isinstance(k, str) for k in value.entries):
            given.named |= {str(key): item for key, item in value.entries.items()}
        else:
            given.more, given.tainted_more = True, given.tainted_more or is_tainted(value)
    return given


def _method(run: Run, method: Method, given: Arguments) -> Value:
    owner = method.owner
    tainted = is_tainted(owner) or given.is_tainted
    if isinstance(owner, Plain):
        return _text_method(run, owner, method.name, given, tainted)
    if isinstance(owner, Table):
        return _table_method(run, owner, method.name, given, tainted)
    return _items_method(owner, method.name, given, tainted)


def _text_method(run: Run, owner: Plain, name: str, given: Arguments, tainted: bool) -> Value:
    values = [_native(value) for value in given.positional]
    text = owner.value
    if not isinstance(text, str) or given.more or given.named or ... in values:
        return Unknown(tainted)
    for value in given.positional:
        for part in value.items if isinstance(value, Items) else [value]:
            run.compared(owner, part)
    try:
        if name in _TESTS | _CHANGES:
            made = getattr(text, name)(*values)
            kept = not isinstance(made, str) or len(made) <= MAX_TEXT
            return Plain(made, tainted) if kept else Unknown(tainted)
        if name in _SPLITS:
            return Items([Plain(part, tainted) for part in getattr(text, name)(*values)])
    except (TypeError, ValueError):
        return Unknown(tainted)
    if name == "join" and given.positional and isinstance(given.positional[0], Items):
        parts = [_native(part) for part in given.positional[0].items]
        size = sum(len(part) for part in parts if isinstance(part, str)) + len(parts) * len(text)
        if all(isinstance(part, str) for part in parts) and size <= MAX_TEXT:
            return Plain(text.join(str(part) for part in parts), tainted)
    return Unknown(tainted)


def _native(value: Value) -> object:
    """The Python value of a plain one, or of a tuple of texts; `...` for all others."""
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, Items) and not value.spoilt:
        texts = [
            item.value for item in value.items if isinstance(item, Plain) and isinstance(item.value, str)
        ]
        return tuple(texts) if len(texts) == len(value.items) else ...
    return ...


def _table_method(run: Run, owner: Table, name: str, given: Arguments, tainted: bool) -> Value:
    key = given.positional[0] if given.positional else NOTHING
    if name in ("get", "pop") and isinstance(key, Plain):
        if is_tainted(key):
            run.seen |= dict.fromkeys(entry for entry in owner.entries if isinstance(entry, str))
        if key.value in owner.entries:
            return owner.entries[key.value]
        if owner.spoilt or given.more:
            run.doubt = run.doubt or tainted
            return Unknown(tainted)
        if len(given.all) > 1:
            return given.all[1]
        if name == "pop":
            raise Raised("KeyError")
        return NOTHING
    if name == "keys":
        return Items([Plain(entry) for entry in owner.entries], owner.spoilt)
    if name == "values":
        return Items(list(owner.entries.values()), owner.spoilt)
    if name == "items":
        pairs: list[Value] = [Items([Plain(entry), value]) for entry, value in owner.entries.items()]
        return Items(pairs, owner.spoilt)
    if name == "copy":
        return Table(dict(owner.entries), owner.spoilt)
    if name == "update":
        for more in given.positional:
            if isinstance(more, Table):
                owner.entries |= more.entries
            owner.spoilt = owner.spoilt or not isinstance(more, Table) or more.spoilt
        owner.entries.update(given.named)
        owner.spoilt = owner.spoilt or given.more or len(owner.entries) > MAX_ITEMS
        return NOTHING
    owner.spoilt = True
    return Unknown(tainted)


def _items_method(owner: Items, name: str, given: Arguments, tainted: bool) -> Value:
    if len(owner.items) > MAX_ITEMS:
        raise Undecided
    if name in ("append", "add") and len(given.positional) == 1:
        owner.items.append(given.positional[0])
        return NOTHING
    if name in ("extend", "update") and given.positional and isinstance(given.positional[0], Items):
        owner.items += given.positional[0].items
        owner.spoilt = owner.spoilt or given.positional[0].spoilt
        return NOTHING
    if name not in ("index", "count", "copy"):
        owner.spoilt = True
    return Unknown(tainted)


def _builtin(run: Run, name: str, given: Arguments) -> Value:
    first = given.positional[0] if given.positional else NOTHING
    tainted = given.is_tainted
    if name == "globals":
        return Names()
    if name in _TALK:
        return NOTHING
    if name in ("locals", "vars"):
        return Unknown(tainted=True)
    if name == "str" and isinstance(first, Plain) and isinstance(first.value, str):
        return first
    if name in _COPIES and isinstance(first, Items):
        return Items(list(first.items), first.spoilt)
    if name in _COPIES and isinstance(first, Table):
        return Items([Plain(entry) for entry in first.entries], first.spoilt)
    if name in (*_COPIES, "dict") and not given.all:
        return Table({}) if name == "dict" else Items([])
    if name == "dict" and not given.more:
        made = Table({})
        _table_method(run, made, "update", given, tainted)
        return made
    if name in ("any", "all") and isinstance(first, Items) and not first.spoilt:
        return _quantified(first, name == "any", tainted)
    if name == "isinstance" and isinstance(first, Plain) and given.positional[1:] == [Builtin("str")]:
        return Plain(isinstance(first.value, str), first.tainted)
    if name == "len" and isinstance(first, Plain) and isinstance(first.value, str):
        return Plain(len(first.value), first.tainted)
    if name in ("getattr", "hasattr", "eval", "exec", "open", "int", "float", "__import__") and tainted:
        run.doubt = True
    for value in given.all:
        if isinstance(value, Function):
            run.lose_sight(value)
    return Unknown(tainted)


def _quantified(items: Items, wanted: bool, tainted: bool) -> Value:
    answers = [truth(item) for item in items.items]
    if wanted in answers:
        return Plain(wanted, tainted)
    return Unknown(tainted) if None in answers else Plain(not wanted, tainted)


def _is_own_module(node: ast.Call) -> bool:
    """Whether a call is `getattr` or `hasattr` on `sys.modules[__name__]`, or `globals().get`."""
    if isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr") and node.args:
        return ast.unparse(node.args[0]) == "sys.modules[__name__]" if _is_small(node.args[0]) else False
    is_get = isinstance(node.func, ast.Attribute) and node.func.attr == "get" and bool(node.args)
    return is_get and isinstance(node.func, ast.Attribute) and _is_globals(node.func.value)


def _is_small(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute)


def _is_globals(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "globals"


def _from_names(run: Run, node: ast.Call, scope: Scope, evaluate: Evaluate) -> Value:
    """A name of the file, asked for by text."""
    asked = node.args[1:] if isinstance(node.func, ast.Name) else node.args
    values = [evaluate(run, part, scope) for part in asked]
    key = values[0] if values else ANYTHING
    if not isinstance(key, Plain) or not isinstance(key.value, str):
        run.doubt = run.doubt or is_tainted(key)
        return Unknown(is_tainted(key))
    found = scope.top().names.get(key.value)
    if isinstance(node.func, ast.Name) and node.func.id == "hasattr":
        return (
            Unknown(is_tainted(key)) if found is None and run.open_ended else Plain(found is not None, True)
        )
    if found is not None:
        return found
    if run.open_ended:
        run.doubt = run.doubt or is_tainted(key)
        return Unknown(is_tainted(key))
    if len(values) > 1:
        return values[1]
    if isinstance(node.func, ast.Attribute):
        return NOTHING
    raise Raised("AttributeError")


def handed(values: Sequence[Value], named: Mapping[str, Value] | None = None) -> Arguments:
    """Arguments of a call that no expression stands for."""
    return Arguments(list(values), dict(named or {}))
