"""What the mutation run changes, and that a test notices or not is told apart."""

from __future__ import annotations

import ast

from benchmarks.mutate import mutants

SOURCE = '''
"""A module."""

LIMIT = 3


def is_small(number: "int", strict: bool = False) -> bool:
    """Whether it is."""
    if not strict and number == LIMIT:
        return True
    return number < LIMIT or number - 1 in (0, 2)
'''


def test_each_mutant_is_one_change_that_still_is_a_program() -> None:
    found = list(mutants(SOURCE))
    texts = [ast.unparse(mutant.tree) for mutant in found]
    assert len(set(texts)) == len(texts)
    assert ast.unparse(ast.parse(SOURCE)) not in texts
    for text in texts:
        compile(text, "mutant", "exec")
    assert {mutant.what for mutant in found} == {
        "statement left out", "constant + 1", "constant negated", "condition negated", "or for and",
        "and for or", "not left out", "Eq turned", "Lt turned", "In turned", "comparison is True",
        "comparison is False", "nothing returned", "Sub turned",
    }  # fmt: skip


def test_what_does_nothing_is_not_changed() -> None:
    texts = "".join(ast.unparse(mutant.tree) for mutant in mutants(SOURCE))
    assert "XX" not in texts, "the only strings are docstrings and an annotation"
