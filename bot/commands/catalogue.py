"""All commands that there are; a new one is a file beside this one and a name here."""

from __future__ import annotations

from bot.commands import approve, cancel, explain, hold, lang, merge, recheck, status, waive
from bot.commands import help as help_

_OTHERS = (
    recheck.SPEC,
    status.SPEC,
    explain.SPEC,
    hold.HOLD,
    hold.UNHOLD,
    approve.SPEC,
    waive.WAIVE,
    waive.UNWAIVE,
    cancel.SPEC,
    lang.SPEC,
    merge.SPEC,
)
COMMANDS = (*_OTHERS, help_.spec(_OTHERS))
#: Every way to write a command, to its canonical name.
NAMES = {word: spec.name for spec in COMMANDS for word in (spec.name, *spec.aliases)}
