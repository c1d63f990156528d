"""`hubbot completion`: prints a shell's completion script, made from the commands themselves."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.cli.check import FORMATS
from rules.rule import catalogue

SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its spellings, what may follow it (empty: nothing to choose from), and its help."""

    names: tuple[str, ...]
    choices: tuple[str, ...]
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its help, its options, the words that its arguments may be, and whether files may."""

    help: str
    options: tuple[Option, ...]
    words: tuple[str, ...]
    files: bool


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser(
        "completion",
        description='Prints a completion script. bash: eval "$(hubbot completion bash)"',
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell that is to load the script")


def run(args: argparse.Namespace) -> int:
    """Prints the script. Nothing of hubbot is started when the shell completes."""
    known = commands()
    print({"bash": bash, "zsh": zsh, "fish": fish}[args.shell](known), end="")
    return 0


def commands() -> Mapping[str, Command]:
    """Every command of this installation; those of the server are left out where it is not installed."""
    from bot.cli.main import COMMANDS

    holder = argparse.ArgumentParser().add_subparsers()
    found = {}
    for name, (module, text, _) in COMMANDS.items():
        try:
            importlib.import_module(module).add_parser(holder)
        except ModuleNotFoundError:
            continue
        found[name] = _command(name, holder.choices[name], text)
    return found


def _command(name: str, parser: argparse.ArgumentParser, text: str) -> Command:
    options: list[Option] = []
    words: list[str] = []
    files = False
    for action in parser._actions:  # argparse has no other list of them
        if action.help == argparse.SUPPRESS:
            continue
        choices = tuple(map(str, action.choices)) if action.choices is not None else ()
        if name == "check" and "--format" in action.option_strings:
            choices = FORMATS  # which may be followed by a file, so that argparse does not know them
        if action.option_strings:
            options.append(
                Option(tuple(action.option_strings), choices, (action.help or "").partition("(")[0].strip())
            )
        else:
            words += choices
            files = files or not choices
    if name == "explain":
        words, files = [word for rule in catalogue() for word in (rule.code, rule.name)], False
    return Command(text, tuple(options), tuple(words), files)


def bash(known: Mapping[str, Command]) -> str:
    """For bash 3.2 and later, which macOS still has."""
    cases = []
    for name, command in known.items():
        names = " ".join(word for option in command.options for word in option.names)
        words = " ".join(command.words)
        cases.append(f"    {name}) options='{names}'; words='{words}'; files={int(command.files)} ;;")
    reply = "COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;"
    chosen = "\n".join(
        f"    {name}:{spelling}) {reply.format(' '.join(option.choices))}"
        for name, command in known.items()
        for option in command.options
        for spelling in option.names
        if option.choices
    )
    return f"""# bash completion of hubbot
_hubbot() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" last="${{COMP_WORDS[COMP_CWORD-1]}}" command="${{COMP_WORDS[1]}}"
  local options='' words='' files=1 name
  if [ "$word" = '=' ]; then
    word=''
  elif [ "$last" = '=' ]; then
    last="${{COMP_WORDS[COMP_CWORD-2]}}"
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{" ".join(known)}' -- "$word"))
    return
  fi
  case "$command:$last" in
{chosen}
  esac
  case "$command" in
{chr(10).join(cases)}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$word"))
       [ "$files" -eq 1 ] || return 0
       compopt -o filenames 2>/dev/null
       word="${{word#\\"}}"
       word="${{word#\\'}}"
       while IFS= read -r name; do
         COMPREPLY+=("$name")
       done < <(compgen -f -- "${{word//\\\\/}}") ;;
  esac
}}
complete -F _hubbot hubbot
"""


def zsh(known: Mapping[str, Command]) -> str:
    """To be sourced after `compinit`."""
    names = "\n".join(f"    {_quoted(f'{name}:{command.help}')}" for name, command in known.items())
    cases = "\n".join(
        f"    {name}) _arguments {_zsh_arguments(command)} ;;" for name, command in known.items()
    )
    return f"""#compdef hubbot
_hubbot() {{
  local -a commands=(
{names}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{cases}
  esac
}}
compdef _hubbot hubbot
"""


def _zsh_arguments(command: Command) -> str:
    specs = []
    for option in command.options:
        text = option.help.replace("[", "").replace("]", "").replace(":", "")
        choices = f":value:({' '.join(option.choices)})" if option.choices else ""
        specs += [_quoted(f"{name}[{text}]{choices}") for name in option.names]
    if command.words:
        specs.append(_quoted(f"*:word:({' '.join(command.words)})"))
    elif command.files:
        specs.append(_quoted("*:file:_files"))
    return " ".join(specs)


def fish(known: Mapping[str, Command]) -> str:
    lines = ["# fish completion of hubbot"]
    for name, command in known.items():
        lines.append(f"complete -c hubbot -n __fish_use_subcommand -f -a {name} -d {_fish(command.help)}")
        seen = f"-n '__fish_seen_subcommand_from {name}'"
        if not command.files:
            lines.append(f"complete -c hubbot {seen} -f")
        if command.words:
            lines.append(f"complete -c hubbot {seen} -f -a {_fish(' '.join(command.words))}")
        for option in command.options:
            spelt = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option.names)
            choices = f" -x -a {_fish(' '.join(option.choices))}" if option.choices else ""
            lines.append(f"complete -c hubbot {seen} {spelt}{choices} -d {_fish(option.help)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A word for zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
