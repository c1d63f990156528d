"""What the statements of a conf file do, one after the other."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rules.conf.calls import apply, handed
from rules.conf.expressions import assign, combined, evaluate, is_true, iterated, settled
from rules.conf.run import Run
from rules.conf.values import (
    ANYTHING,
    NOTHING,
    Function,
    Items,
    Plain,
    Raised,
    Scope,
    Table,
    Undecided,
    Unknown,
    Value,
    equal,
    is_tainted,
    spoil,
)

#: Decorators that leave to a function what it does.
_HARMLESS = frozenset(("lru_cache", "cache", "wraps", "staticmethod", "no_grad"))


@dataclass(frozen=True, slots=True)
class Jump:
    """A statement that ends the block it stands in: `return`, `break` or `continue`."""

    kind: str
    value: Value = NOTHING


def execute(run: Run, body: Sequence[ast.stmt], scope: Scope) -> Jump | None:
    """Runs a block in the mind only. Raises `Raised` and `Undecided`."""
    for statement in body:
        run.step()
        known = _KINDS.get(type(statement))
        if known is None:
            raise Undecided
        with run.deeper():
            jump = known(run, statement, scope)
        if jump is not None:
            return jump
    return None


def invoke(
    run: Run, function: Function, positional: Sequence[Value], named: Mapping[str, Value], more: bool
) -> Value:
    """What a function of the file returns. `more`: it is handed arguments that are not listed."""
    scope = Scope(parent=function.scope)
    _bind(run, function, positional, named, more, scope)
    with run.deeper():
        if isinstance(function.node, ast.Lambda):
            return evaluate(run, function.node.body, scope)
        jump = execute(run, function.node.body, scope)
    return jump.value if jump is not None else NOTHING


def _bind(
    run: Run,
    function: Function,
    positional: Sequence[Value],
    named: Mapping[str, Value],
    more: bool,
    scope: Scope,
) -> None:
    arguments = function.node.args
    places = [*arguments.posonlyargs, *arguments.args]
    rest, extra = list(positional[len(places) :]), dict(named)
    if rest and arguments.vararg is None:
        raise Raised("TypeError")
    for place, value in zip(places, positional, strict=False):
        scope.names[place.arg] = value
    defaults = dict(
        zip([p.arg for p in places][len(places) - len(arguments.defaults) :], arguments.defaults, strict=True)
    )
    defaults |= {
        p.arg: d for p, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None
    }
    for place in [*places[len(positional) :], *arguments.kwonlyargs]:
        if place.arg in extra:
            scope.names[place.arg] = extra.pop(place.arg)
        elif place.arg in defaults and not more:
            scope.names[place.arg] = evaluate(run, defaults[place.arg], function.scope)
        elif not more:
            raise Raised("TypeError")
        else:
            scope.names[place.arg] = ANYTHING
    if arguments.vararg is not None:
        scope.names[arguments.vararg.arg] = Items(rest, spoilt=more)
    if arguments.kwarg is not None:
        rest_of_them = Table({}, spoilt=more)
        rest_of_them.entries.update(extra)  # names are texts
        scope.names[arguments.kwarg.arg] = rest_of_them


def _define(run: Run, node: ast.FunctionDef, scope: Scope) -> None:
    value: Value = Function(node, scope)
    if run.is_generator(node):
        value = Unknown(tainted=True)
    scope.bind(node.name, _decorated(run, value, node.decorator_list, scope))


def _decorated(run: Run, value: Value, decorators: Sequence[ast.expr], scope: Scope) -> Value:
    for node in reversed(decorators):
        inner = node.func if isinstance(node, ast.Call) else node
        name = inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", "")
        if name in _HARMLESS:
            continue
        decorator = evaluate(run, node, scope)
        if isinstance(decorator, Unknown):
            if isinstance(value, Function):
                run.lose_sight(value)
            value = Unknown(tainted=True)
        else:
            value = apply(run, decorator, handed([value]))
    return value


def _class(run: Run, node: ast.ClassDef, scope: Scope) -> None:
    scope.bind(node.name, ANYTHING)
    _decorated(run, ANYTHING, node.decorator_list, scope)


def _return(run: Run, node: ast.Return, scope: Scope) -> Jump:
    return Jump("return", NOTHING if node.value is None else evaluate(run, node.value, scope))


def _assign(run: Run, node: ast.Assign, scope: Scope) -> None:
    value = evaluate(run, node.value, scope)
    for target in node.targets:
        assign(run, target, value, scope)


def _annotated(run: Run, node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        assign(run, node.target, evaluate(run, node.value, scope), scope)


def _augmented(run: Run, node: ast.AugAssign, scope: Scope) -> None:
    value = evaluate(run, node.value, scope)
    old = ANYTHING if isinstance(node.target, ast.Attribute) else evaluate(run, node.target, scope)
    new = combined(node.op, old, value)
    if isinstance(old, Items) and isinstance(new, Items):
        old.items[:], old.spoilt = new.items, new.spoilt
        return
    if isinstance(old, Table) and isinstance(new, Table):
        old.entries |= new.entries
        old.spoilt = new.spoilt
        return
    spoil(old)
    assign(run, node.target, new, scope)


def _delete(run: Run, node: ast.Delete, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Subscript):
            spoil(evaluate(run, target.value, scope))
        elif isinstance(target, ast.Name):
            scope.bind(target.id, Unknown(tainted=True))


def _expression(run: Run, node: ast.Expr, scope: Scope) -> None:
    evaluate(run, node.value, scope)


def _if(run: Run, node: ast.If, scope: Scope) -> Jump | None:
    while True:
        if is_true(run, node.test, scope):
            return execute(run, node.body, scope)
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            node = node.orelse[0]
            run.step()
            continue
        return execute(run, node.orelse, scope)


def _for(run: Run, node: ast.For, scope: Scope) -> Jump | None:
    source = evaluate(run, node.iter, scope)
    turns = iterated(source)
    if turns is None:
        turns = [Unknown(is_tainted(source))] if run.decide(is_tainted(source)) else []
    for item in turns:
        assign(run, node.target, item, scope)
        jump = execute(run, node.body, scope)
        if jump is not None and jump.kind == "return":
            return jump
        if jump is not None and jump.kind == "break":
            return None
    return execute(run, node.orelse, scope)


def _while(run: Run, node: ast.While, scope: Scope) -> Jump | None:
    while is_true(run, node.test, scope):
        jump = execute(run, node.body, scope)
        if jump is not None and jump.kind == "return":
            return jump
        if jump is not None and jump.kind == "break":
            return None
        if run.taken > 200:
            raise Undecided
    return execute(run, node.orelse, scope)


def _try(run: Run, node: ast.Try, scope: Scope) -> Jump | None:
    try:
        jump = execute(run, node.body, scope)
        if jump is None:
            jump = execute(run, node.orelse, scope)
    except Raised as raised:
        jump = _caught(run, node, raised, scope)
    return execute(run, node.finalbody, scope) or jump


def _caught(run: Run, node: ast.Try, raised: Raised, scope: Scope) -> Jump | None:
    for handler in node.handlers:
        matches = _catches(handler.type, raised.kind)
        if matches is None:
            matches = run.decide(tainted=True)
        if matches:
            if handler.name:
                scope.bind(handler.name, Unknown(tainted=True))
            try:
                return execute(run, handler.body, scope)
            except Raised as again:
                execute(run, node.finalbody, scope)
                raise Raised(again.kind or raised.kind) from None
    execute(run, node.finalbody, scope)
    raise raised


def _catches(node: ast.expr | None, kind: str) -> bool | None:
    if node is None:
        return True
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    answers = [_is_kind(kind, getattr(part, "id", "")) for part in parts]
    if True in answers:
        return True
    return None if None in answers else False


def _is_kind(kind: str, caught: str) -> bool | None:
    """Whether an exception is of a class, as far as both are Python's own."""
    one, other = getattr(builtins, kind, None), getattr(builtins, caught, None)
    if caught in ("Exception", "BaseException"):
        return True
    if isinstance(one, type) and isinstance(other, type):
        return issubclass(one, other)
    return None


def _with(run: Run, node: ast.With, scope: Scope) -> Jump | None:
    for item in node.items:
        evaluate(run, item.context_expr, scope)
        if item.optional_vars is not None:
            assign(run, item.optional_vars, ANYTHING, scope)
    try:
        return execute(run, node.body, scope)
    except Raised:
        run.doubt = True  # a context manager may swallow it
        raise


def _raise(_run: Run, node: ast.Raise, _scope: Scope) -> None:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    raise Raised(getattr(raised, "id", ""))


def _assert(run: Run, node: ast.Assert, scope: Scope) -> None:
    if not is_true(run, node.test, scope):
        raise Raised("AssertionError")


def _import(run: Run, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    for alias in node.names:
        if alias.name == "*":
            run.open_ended = True
        else:
            whole = alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name
            scope.bind(alias.asname or whole, ANYTHING)


def _global(_run: Run, node: ast.Global, scope: Scope) -> None:
    scope.outside |= set(node.names)


def _match(run: Run, node: ast.Match, scope: Scope) -> Jump | None:
    subject = evaluate(run, node.subject, scope)
    for case in node.cases:
        matches = _fits(run, case.pattern, subject, scope)
        if matches is None:
            matches = run.decide(is_tainted(subject))
        if matches and (case.guard is None or settled(run, evaluate(run, case.guard, scope))):
            return execute(run, case.body, scope)
    return None


def _fits(run: Run, pattern: ast.pattern, subject: Value, scope: Scope) -> bool | None:
    """Whether a pattern matches; None where that is not known."""
    if isinstance(pattern, ast.MatchValue):
        value = evaluate(run, pattern.value, scope)
        run.compared(subject, value)
        return equal(subject, value)
    if isinstance(pattern, ast.MatchSingleton):
        return equal(subject, Plain(pattern.value))
    if isinstance(pattern, ast.MatchOr):
        answers = [_fits(run, part, subject, scope) for part in pattern.patterns]
        return True if True in answers else (None if None in answers else False)
    if isinstance(pattern, ast.MatchAs):
        fits = True if pattern.pattern is None else _fits(run, pattern.pattern, subject, scope)
        if pattern.name is not None:
            scope.bind(pattern.name, subject)
        return fits
    return None


def _nothing(_run: Run, _node: ast.stmt, _scope: Scope) -> None:
    pass


def _break(_run: Run, _node: ast.stmt, _scope: Scope) -> Jump:
    return Jump("break")


def _continue(_run: Run, _node: ast.stmt, _scope: Scope) -> Jump:
    return Jump("continue")


_KINDS: dict[type[ast.stmt], Callable[..., Jump | None]] = {
    ast.FunctionDef: _define,
    ast.ClassDef: _class,
    ast.Return: _return,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.If: _if,
    ast.For: _for,
    ast.While: _while,
    ast.Try: _try,
    ast.With: _with,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Import: _import,
    ast.ImportFrom: _import,
    ast.Global: _global,
    ast.Match: _match,
    ast.Pass: _nothing,
    ast.Break: _break,
    ast.Continue: _continue,
}
