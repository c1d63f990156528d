"""What the expressions of a conf file come to."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator

from rules.conf.calls import call
from rules.conf.run import Run
from rules.conf.values import (
    ANYTHING,
    MAX_ITEMS,
    MAX_TEXT,
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
    equal,
    holds,
    is_tainted,
    spoil,
    truth,
)

Evaluate = Callable[[Run, ast.expr, Scope], Value]


def evaluate(run: Run, node: ast.expr, scope: Scope) -> Value:
    """Raises `Raised` where the code surely does, and `Undecided` where it is not followed any further."""
    run.step()
    known = _KINDS.get(type(node))
    with run.deeper():
        if known is None:
            return Unknown(tainted=True)
        value: Value = known(run, node, scope)
        return value


def is_true(run: Run, node: ast.expr, scope: Scope) -> bool:
    """Whether a condition holds; where that is not known, one of the answers."""
    return settled(run, evaluate(run, node, scope))


def settled(run: Run, value: Value) -> bool:
    known = truth(value)
    return run.decide(is_tainted(value)) if known is None else known


def at(run: Run, owner: Value, key: Value) -> Value:
    """`owner[key]`."""
    run.compared(key, Plain(None))
    if isinstance(owner, Table) and isinstance(key, Plain):
        if is_tainted(key):
            run.seen |= dict.fromkeys(name for name in owner.entries if isinstance(name, str))
        if key.value in owner.entries:
            return owner.entries[key.value]
        if not owner.spoilt:
            raise Raised("KeyError")
    if isinstance(owner, Names) and isinstance(key, Plain):
        raise Undecided
    if isinstance(owner, Items) and isinstance(key, Plain) and isinstance(key.value, int):
        if -len(owner.items) <= key.value < len(owner.items):
            return owner.items[key.value]
        if not owner.spoilt:
            raise Raised("IndexError")
    if is_tainted(key):
        run.doubt = True
    return Unknown(is_tainted(key) or is_tainted(owner))


def iterated(value: Value) -> list[Value] | None:
    """What a loop over a value goes through; None where that is not known."""
    if isinstance(value, Items) and not value.spoilt:
        return list(value.items)
    if isinstance(value, Table) and not value.spoilt:
        return [Plain(key) for key in value.entries]
    if isinstance(value, Plain) and isinstance(value.value, str):
        return [Plain(letter, value.tainted) for letter in value.value]
    return None


def _constant(_run: Run, node: ast.Constant, _scope: Scope) -> Value:
    value = node.value
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return ANYTHING
    return Plain(value) if value is None or isinstance(value, str | int | float | bool) else ANYTHING


def _name(run: Run, node: ast.Name, scope: Scope) -> Value:
    found = scope.find(node.id)
    if found is None:
        return Builtin(node.id) if hasattr(builtins, node.id) else ANYTHING
    if isinstance(found, Items | Table):
        run.step(len(found.items if isinstance(found, Items) else found.entries))
    if node.id in run.unsure:
        spoil(found)
    return found


def _attribute(run: Run, node: ast.Attribute, scope: Scope) -> Value:
    owner = evaluate(run, node.value, scope)
    if isinstance(owner, Plain | Items | Table):
        return Method(owner, node.attr)
    if isinstance(owner, Function) and node.attr in ("__name__", "__qualname__"):
        return Plain(owner.name)
    if isinstance(owner, Builtin) and owner.name in ("str", "dict"):
        return Builtin(f"{owner.name}.{node.attr}")
    if isinstance(owner, Names):
        run.open_ended = True
    return Unknown(is_tainted(owner))


def _joined(run: Run, node: ast.JoinedStr, scope: Scope) -> Value:
    parts = [
        evaluate(run, part.value if isinstance(part, ast.FormattedValue) else part, scope)
        for part in node.values
    ]
    tainted = any(is_tainted(part) for part in parts)
    formatted = any(
        isinstance(part, ast.FormattedValue) and (part.format_spec or part.conversion not in (-1, ord("s")))
        for part in node.values
    )
    if formatted or not all(isinstance(part, Plain) for part in parts):
        return Unknown(tainted)
    return _text("".join(str(part.value) for part in parts if isinstance(part, Plain)), tainted)


def _text(text: str, tainted: bool) -> Value:
    return Plain(text, tainted) if len(text) <= MAX_TEXT else Unknown(tainted)


def _operation(run: Run, node: ast.BinOp, scope: Scope) -> Value:
    return combined(node.op, evaluate(run, node.left, scope), evaluate(run, node.right, scope))


def combined(operator: ast.operator, one: Value, other: Value) -> Value:
    """What an operator makes of two values."""
    tainted = is_tainted(one) or is_tainted(other)
    if isinstance(operator, ast.Add):
        if isinstance(one, Plain) and isinstance(other, Plain):
            both = isinstance(one.value, str) and isinstance(other.value, str)
            return _text(f"{one.value}{other.value}", tainted) if both else Unknown(tainted)
        if isinstance(one, Items) and isinstance(other, Items):
            return _joint(one, other)
    if isinstance(operator, ast.BitOr):
        if isinstance(one, Table) and isinstance(other, Table):
            return Table(one.entries | other.entries, one.spoilt or other.spoilt)
        if isinstance(one, Items) and isinstance(other, Items):
            return _joint(one, other)
    return Unknown(tainted)


def _joint(one: Items, other: Items) -> Items:
    if len(one.items) + len(other.items) > MAX_ITEMS:
        raise Undecided
    return Items(one.items + other.items, one.spoilt or other.spoilt)


def _logic(run: Run, node: ast.BoolOp, scope: Scope) -> Value:
    wanted = isinstance(node.op, ast.Or)
    for part in node.values[:-1]:
        value = evaluate(run, part, scope)
        known = truth(value)
        if (run.decide(is_tainted(value)) if known is None else known) is wanted:
            return value if known is not None else Plain(wanted, is_tainted(value))
    return evaluate(run, node.values[-1], scope)


def _unary(run: Run, node: ast.UnaryOp, scope: Scope) -> Value:
    value = evaluate(run, node.operand, scope)
    if isinstance(node.op, ast.Not):
        known = truth(value)
        return Unknown(is_tainted(value)) if known is None else Plain(not known, is_tainted(value))
    if isinstance(node.op, ast.USub) and isinstance(value, Plain) and isinstance(value.value, int):
        return Plain(-value.value)
    return Unknown(is_tainted(value))


def _comparison(run: Run, node: ast.Compare, scope: Scope) -> Value:
    left, answers, tainted = evaluate(run, node.left, scope), [], False
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = evaluate(run, comparator, scope)
        tainted = tainted or is_tainted(left) or is_tainted(right)
        answers.append(_compared(run, operator, left, right))
        left = right
    if False in answers:
        return Plain(False, tainted)
    return Unknown(tainted) if None in answers else Plain(True, tainted)


def _compared(run: Run, operator: ast.cmpop, left: Value, right: Value) -> bool | None:
    if isinstance(operator, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
        run.compared(left, right)
        same = equal(left, right)
        return same if same is None or isinstance(operator, ast.Eq | ast.Is) else not same
    if isinstance(operator, ast.In | ast.NotIn):
        if isinstance(right, Names):
            raise Undecided
        for item in iterated(right) or () if not isinstance(right, Plain) else (right,):
            run.compared(left, item)
        found = holds(right, left)
        return found if found is None or isinstance(operator, ast.In) else not found
    return None


def _choice(run: Run, node: ast.IfExp, scope: Scope) -> Value:
    return evaluate(run, node.body if is_true(run, node.test, scope) else node.orelse, scope)


def _subscript(run: Run, node: ast.Subscript, scope: Scope) -> Value:
    owner = evaluate(run, node.value, scope)
    if isinstance(node.slice, ast.Slice):
        return _sliced(run, owner, node.slice, scope)
    key = evaluate(run, node.slice, scope)
    if isinstance(owner, Plain) and isinstance(owner.value, str):
        if (
            isinstance(key, Plain)
            and isinstance(key.value, int)
            and -len(owner.value) <= key.value < len(owner.value)
        ):
            return Plain(owner.value[key.value], owner.tainted)
        return Unknown(is_tainted(owner) or is_tainted(key))
    return at(run, owner, key)


def _sliced(run: Run, owner: Value, node: ast.Slice, scope: Scope) -> Value:
    bounds = [
        Plain(None) if part is None else evaluate(run, part, scope) for part in (node.lower, node.upper)
    ]
    numbers = [
        b.value for b in bounds if isinstance(b, Plain) and (b.value is None or isinstance(b.value, int))
    ]
    if isinstance(owner, Plain) and isinstance(owner.value, str) and len(numbers) == 2 and node.step is None:
        lower, upper = numbers
        return Plain(owner.value[lower:upper], owner.tainted)
    return Unknown(is_tainted(owner))


def _table(run: Run, node: ast.Dict, scope: Scope) -> Value:
    made = Table({})
    _few(len(node.values))
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(run, value_node, scope)
        if key_node is None:
            if isinstance(value, Table):
                made.entries |= value.entries
            _few(len(made.entries))
            made.spoilt = made.spoilt or not isinstance(value, Table) or value.spoilt
            continue
        key = evaluate(run, key_node, scope)
        if isinstance(key, Plain):
            made.entries[key.value] = value
        else:
            made.spoilt = True
    return made


def _items(run: Run, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
    made = Items([])
    _few(len(node.elts))
    for part in node.elts:
        if not isinstance(part, ast.Starred):
            made.items.append(evaluate(run, part, scope))
            continue
        more = iterated(evaluate(run, part.value, scope))
        made.items += more or ()
        _few(len(made.items))
        made.spoilt = made.spoilt or more is None
    return made


def _few(count: int) -> None:
    if count > MAX_ITEMS:
        raise Undecided


def _comprehension(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
    places = _places(run, node.generators, scope)
    if places is None:
        return Unknown(tainted=True)
    return Items([evaluate(run, node.elt, place) for place in places])


def _table_comprehension(run: Run, node: ast.DictComp, scope: Scope) -> Value:
    places = _places(run, node.generators, scope)
    if places is None:
        return Unknown(tainted=True)
    made = Table({})
    for place in places:
        key, value = evaluate(run, node.key, place), evaluate(run, node.value, place)
        if isinstance(key, Plain):
            made.entries[key.value] = value
        else:
            made.spoilt = True
    return made


def _places(run: Run, generators: list[ast.comprehension], scope: Scope) -> Iterator[Scope] | None:
    """A scope for each turn of a comprehension over something that is listed."""
    (first, *more) = generators
    source = iterated(evaluate(run, first.iter, scope))
    if source is None or more or first.is_async:
        return None
    return _turns(run, first, source, scope)


def _turns(run: Run, part: ast.comprehension, source: list[Value], scope: Scope) -> Iterator[Scope]:
    for item in source:
        place = Scope(parent=scope)
        assign(run, part.target, item, place)
        if all(is_true(run, condition, place) for condition in part.ifs):
            yield place


def _lambda(_run: Run, node: ast.Lambda, scope: Scope) -> Value:
    return Function(node, scope)


def _walrus(run: Run, node: ast.NamedExpr, scope: Scope) -> Value:
    value = evaluate(run, node.value, scope)
    scope.bind(node.target.id, value)
    return value


def _call(run: Run, node: ast.Call, scope: Scope) -> Value:
    return call(run, node, scope, evaluate)


def _stop(_run: Run, _node: ast.expr, _scope: Scope) -> Value:
    raise Undecided


def assign(run: Run, target: ast.expr, value: Value, scope: Scope) -> None:
    """`target = value`."""
    if isinstance(target, ast.Name):
        scope.bind(target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(run, target.elts, value, scope)
    elif isinstance(target, ast.Starred):
        assign(run, target.value, Unknown(is_tainted(value)), scope)
    elif isinstance(target, ast.Subscript):
        owner = evaluate(run, target.value, scope)
        key = ANYTHING if isinstance(target.slice, ast.Slice) else evaluate(run, target.slice, scope)
        _store(run, owner, key, value, scope)


def _unpack(run: Run, targets: list[ast.expr], value: Value, scope: Scope) -> None:
    items = iterated(value)
    if items is None or len(items) != len(targets) or any(isinstance(t, ast.Starred) for t in targets):
        items = [Unknown(is_tainted(value))] * len(targets)
    for target, item in zip(targets, items, strict=True):
        assign(run, target, item, scope)


def _store(run: Run, owner: Value, key: Value, value: Value, scope: Scope) -> None:
    if isinstance(owner, Table) and isinstance(key, Plain):
        if len(owner.entries) >= MAX_ITEMS:
            raise Undecided
        owner.entries[key.value] = value
    elif isinstance(owner, Names):
        if isinstance(key, Plain) and isinstance(key.value, str):
            scope.top().names[key.value] = value
        run.open_ended = True
    else:
        spoil(owner)


_KINDS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.JoinedStr: _joined,
    ast.BinOp: _operation,
    ast.BoolOp: _logic,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.IfExp: _choice,
    ast.Subscript: _subscript,
    ast.Dict: _table,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Set: _items,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _table_comprehension,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.Call: _call,
    ast.Await: _stop,
    ast.Yield: _stop,
    ast.YieldFrom: _stop,
}
