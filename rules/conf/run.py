"""One way through a conf file: which branches were taken, and what that leaves in doubt."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rules.conf.values import Function, Plain, Undecided, Value, is_tainted

#: Statements and expressions followed in all ways together, and calls within calls. Both limits are ours.
MAX_STEPS, MAX_DEPTH = 30_000, 60

Invoke = Callable[["Run", Function, Sequence[Value], Mapping[str, Value], bool], Value]


@dataclass(slots=True)
class Budget:
    """How many steps are left for all the ways through one file, and what was found by looking through whole
    functions, which is done once for each.
    """

    steps: int = MAX_STEPS
    names: dict[ast.AST, set[str]] = field(default_factory=dict)
    generators: dict[ast.AST, bool] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """`decisions` are the answers to conditions that nobody knows, in the order in which they come up.

    `doubt`: one of them may depend on the model's name. `open_ended`: there may be names that are not listed.
    `unsure` are names of containers that code which is not followed may change. `seen` are the texts that the
    model's name was held against.
    """

    budget: Budget
    invoke: Invoke
    decisions: list[bool] = field(default_factory=list)
    taken: int = 0
    depth: int = 0
    doubt: bool = False
    open_ended: bool = False
    unsure: set[str] = field(default_factory=set)
    seen: dict[str, None] = field(default_factory=dict)

    def step(self, size: int = 0) -> None:
        """Counts one step, and more where something large is looked at."""
        self.budget.steps -= 1 + size // 8
        if self.budget.steps < 0:
            raise Undecided

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Undecided
        try:
            yield
        finally:
            self.depth -= 1

    def decide(self, tainted: bool) -> bool:
        """One of the two answers to a condition that is not known; the other one gets a way of its own."""
        self.doubt = self.doubt or tainted
        if self.taken == len(self.decisions):
            self.decisions.append(True)
        self.taken += 1
        return self.decisions[self.taken - 1]

    def compared(self, one: Value, other: Value) -> None:
        """Remembers what the model's name is held against."""
        for name, text in ((one, other), (other, one)):
            if is_tainted(name) and isinstance(text, Plain) and isinstance(text.value, str):
                self.seen.setdefault(text.value)

    def lose_sight(self, function: Function) -> None:
        """A function is handed to code that is not followed: what it names may change at any time."""
        known = self.budget.names
        if function.node not in known:
            known[function.node] = names_in(function.node)
        self.unsure |= known[function.node]

    def is_generator(self, node: ast.FunctionDef) -> bool:
        known = self.budget.generators
        if node not in known:
            known[node] = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
        return known[node]


def names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
