"""How many small mistakes in the gate and the command parser the tests notice.

    python -m benchmarks.mutate [--every N] [TARGET …]

Each mutant is one change of the syntax tree: a comparison turned around, `and` for `or`, a condition negated
or fixed, a constant or a returned value changed, a statement left out. It counts as killed when a test fails
with it, or the tests do not end in time. Every survivor is printed with its line, and counts; only docstrings
and annotations, which do nothing, are not changed. `--every` takes each N-th mutant only, for a quick look.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import ModuleType

#: Each target with the tests that are about it.
TARGETS = {
    "bot/review/gate.py": ("tests/review/test_rulings.py", "tests/review/test_gate.py"),
    "bot/commands/grammar.py": ("tests/commands/test_grammar.py", "tests/commands/test_table.py"),
}
#: Seconds for the tests of one mutant: a loop that does not end is noticed by that.
PATIENCE = 120
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Mult: ast.Add,
}


@dataclass(frozen=True)
class Mutant:
    """A changed module: its tree, the line that is changed, and how."""

    tree: ast.Module
    line: int
    what: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, one change each."""
    tree = ast.parse(source)
    places = list(ast.walk(tree))
    for number, node in enumerate(places):
        if is_inert(node, tree):
            continue
        for variant, what in enumerate(changes(node)):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[number]
            apply(changed, target, variant)
            yield Mutant(ast.fix_missing_locations(changed), getattr(node, "lineno", 0), what)


def changes(node: ast.AST) -> list[str]:
    """What may be changed at a node, in words; `apply` knows them by their place in this list."""
    match node:
        case ast.Compare(ops=ops) if type(ops[0]) in TURNED:
            return [f"{type(ops[0]).__name__} turned", "comparison is True", "comparison is False"]
        case ast.BoolOp():
            return ["and for or" if isinstance(node.op, ast.Or) else "or for and"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not left out"]
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            return [f"{type(node.op).__name__} turned"]
        case ast.Constant(value=bool()):
            return ["constant negated"]
        case ast.Constant(value=int()):
            return ["constant + 1"]
        case ast.Constant(value=str()):
            return ["another string"]
        case ast.Return(value=value) if value is not None and not is_none(value):
            return ["nothing returned"]
        case ast.If() | ast.IfExp():
            return ["condition negated"]
        case ast.Assign() | ast.AugAssign() | ast.Expr():
            return ["statement left out"]
        case _:
            return []


def apply(tree: ast.Module, node: ast.AST, variant: int) -> None:
    """Makes the change of `changes` with that number, in place."""
    match node:
        case ast.Compare():
            if variant == 0:
                node.ops[0] = TURNED[type(node.ops[0])]()
            else:
                put(tree, node, ast.Constant(variant == 1))
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.UnaryOp():
            put(tree, node, node.operand)
        case ast.BinOp():
            node.op = ARITHMETIC[type(node.op)]()
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = value + 1
        case ast.Constant(value=str(value)):
            node.value = value + "XX"
        case ast.Return():
            node.value = ast.Constant(None)
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Assign() | ast.AugAssign() | ast.Expr():
            put(tree, node, ast.Pass())


def put(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    """Replaces a node where its parent holds it."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list) and any(item is old for item in value):
                value[[item is old for item in value].index(True)] = new
                return


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_inert(node: ast.AST, tree: ast.Module) -> bool:
    """Whether a node does nothing when the program runs: a docstring, an annotation, an import."""
    return id(node) in _inert(tree)


def _inert(tree: ast.Module) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST] = []
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                parts = [node, node.value]
            case ast.arg(annotation=ast.AST() as annotation):
                parts = list(ast.walk(annotation))
            case ast.AnnAssign(annotation=annotation):
                parts = list(ast.walk(annotation))
            case ast.FunctionDef(returns=ast.AST() as returns):
                parts = list(ast.walk(returns))
            case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
                parts = list(ast.walk(node))
        found.update(map(id, parts))
    return found


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutant where the module is imported."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, name: str, *_: object) -> object:
        return importlib.util.spec_from_loader(name, self, origin=self.path) if name == self.name else None

    def create_module(self, _: object) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self.path
        exec(compile(self.tree, self.path, "exec"), module.__dict__)


def is_killed(target: str, tests: tuple[str, ...], mutant: Mutant) -> bool:
    """Whether the tests fail with a mutant, in a process of its own."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.alarm(PATIENCE)
        code = 1
        try:
            import pytest

            name = target.removesuffix(".py").replace("/", ".")
            sys.meta_path.insert(0, Planted(name, target, mutant.tree))  # type: ignore[arg-type]
            code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))
        finally:
            os._exit(0 if code == 0 else 1)
    _, status = os.waitpid(child, 0)
    return status != 0


def main(words: list[str]) -> int:
    """Prints each survivor and the share of the killed; 1 where a target has less than 95 %."""
    for name in ("markdown_it", "pytest", "rapidfuzz.distance", "yaml"):
        importlib.import_module(name)  # once, for all children
    parser = argparse.ArgumentParser(prog="benchmarks.mutate")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []])
    asked = parser.parse_args(words)
    targets, worst = asked.targets, 1.0
    for target in targets or TARGETS:
        begun, killed, count = time.monotonic(), 0, 0
        unchanged = Mutant(ast.parse(Path(target).read_text("utf-8")), 0, "nothing")
        if is_killed(target, TARGETS[target], unchanged):
            print(f"{target}: its tests fail as it is")
            return 2
        for mutant in islice(mutants(Path(target).read_text("utf-8")), 0, None, asked.every):
            count += 1
            if is_killed(target, TARGETS[target], mutant):
                killed += 1
            else:
                print(f"{target}:{mutant.line}: survived: {mutant.what}", flush=True)
        share = killed / count
        worst = min(worst, share)
        print(
            f"{target}: {killed} of {count} killed ({share:.1%}) in {time.monotonic() - begun:.0f} s",
            flush=True,
        )
    return 0 if worst >= 0.95 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
