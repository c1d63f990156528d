"""Asks a conf file, as text, whether `create_network` takes a model's name."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.conf.run import Budget, Run, names_in
from rules.conf.statements import execute, invoke
from rules.conf.values import (
    NOTHING,
    Function,
    Items,
    Plain,
    Raised,
    Scope,
    Undecided,
    Unknown,
    Value,
    is_tainted,
)

FUNCTION = "create_network"
#: Characters of a file, of one of its lines, and brackets within brackets; real files have 2,000, 120 and 4.
MAX_SOURCE, MAX_LINE, MAX_NESTING = 65_536, 2_000, 30
#: Ways through a file, and names that are offered as the ones it takes.
MAX_WAYS, MAX_NAMES = 256, 20
#: Code that uses one of these can do what is not written in it.
_MAGIC = frozenset(("exec", "eval", "setattr", "delattr", "vars", "locals", "compile")) | frozenset(
    ("__import__", "__dict__", "__builtins__", "__getattr__")
)
#: Warnings are a matter of the whole process.
_PARSING = threading.Lock()


class Answer(StrEnum):
    """What a conf file says of a name; `NO_FUNCTION` where it surely has no `create_network` at all."""

    ACCEPTS = "accepts"
    REFUSES = "refuses"
    NO_FUNCTION = "no-function"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer and, where it refuses the name, those that it takes, as far as they are seen."""

    answer: Answer
    names: tuple[str, ...] = ()


def ask(source: str, name: str) -> Outcome:
    """Whether `create_network(name)` gives a network, as the hub's client calls it: the name in lower case.

    Never runs, imports or compiles the file; never raises; its work is bounded whatever the file holds.
    """
    tree = _parsed(source)
    if tree is None:
        return Outcome(Answer.UNKNOWN)
    budget = Budget()
    answer, seen = _asked(tree, name.lower(), budget)
    if answer is not Answer.REFUSES:
        return Outcome(answer)
    taken = [other for other in list(seen)[: MAX_NAMES * 2] if _takes(tree, other, budget)]
    return Outcome(answer, tuple(taken[:MAX_NAMES]))


def _takes(tree: ast.Module, name: str, budget: Budget) -> bool:
    return name == name.lower() != "" and _asked(tree, name, budget)[0] is Answer.ACCEPTS


def _parsed(source: str) -> ast.Module | None:
    """The file's tree; None for what is no Python of this version, or larger than any real file."""
    if len(source) > MAX_SOURCE or "\0" in source or _is_strange(source):
        return None
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def _is_strange(source: str) -> bool:
    """Whether lines or brackets go beyond what people write, and a parser's stack can take."""
    depth = 0
    for line in source.splitlines():
        if len(line) > MAX_LINE:
            return True
        for letter in line:
            depth += (letter in "([{") - (letter in ")]}")
            if depth > MAX_NESTING:
                return True
    return False


def _asked(tree: ast.Module, name: str, budget: Budget) -> tuple[Answer, dict[str, None]]:
    """Goes every way through the file until one accepts; the texts that the name was held against."""
    seen: dict[str, None] = {}
    answers = set()
    try:
        for answer, run in _ways(tree, name, budget):
            seen |= run.seen
            answers.add(answer)
            if answer is Answer.ACCEPTS:
                break
    except (Undecided, RecursionError):
        return Answer.UNKNOWN, seen
    if Answer.ACCEPTS in answers:
        return Answer.ACCEPTS, seen
    if len(answers) != 1 or _is_magic(tree):
        return Answer.UNKNOWN, seen
    return answers.pop(), seen


def _is_magic(tree: ast.Module) -> bool:
    words = (getattr(node, "id", getattr(node, "attr", getattr(node, "name", ""))) for node in ast.walk(tree))
    return any(word in _MAGIC for word in words)


def _ways(tree: ast.Module, name: str, budget: Budget) -> Iterator[tuple[Answer, Run]]:
    unsure = {word for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for word in names_in(node)}
    decisions: list[bool] = []
    for _ in range(MAX_WAYS):
        run = Run(budget, invoke, decisions, unsure=set(unsure))
        yield _one_way(run, tree, name), run
        while decisions and not decisions[-1]:
            decisions.pop()
        if not decisions:
            return
        decisions[-1] = False
    raise Undecided


def _one_way(run: Run, tree: ast.Module, name: str) -> Answer:
    scope = Scope({"__name__": Plain("mindspore_hub_conf.py"), "__file__": Unknown()})
    try:
        execute(run, tree.body, scope)
    except Raised:
        return Answer.UNKNOWN
    found = scope.names.get(FUNCTION)
    if found is None:
        certain = not run.open_ended and len(scope.names) > 2
        return Answer.NO_FUNCTION if certain else Answer.UNKNOWN
    if not isinstance(found, Function):
        return Answer.UNKNOWN
    try:
        value = invoke(run, found, [Plain(name, tainted=True)], {}, True)
    except Raised:
        return Answer.UNKNOWN if run.doubt else Answer.REFUSES
    return _meant(value, run)


def _meant(value: Value, run: Run) -> Answer:
    """What a returned value says: None is no network, anything else may be one."""
    if run.doubt or (isinstance(value, Unknown | Items) and is_tainted(value)):
        return Answer.UNKNOWN
    return Answer.REFUSES if value == NOTHING else Answer.ACCEPTS
