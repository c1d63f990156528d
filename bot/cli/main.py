"""The `hubbot` command: finds the command's module and runs it, importing no other."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from itertools import pairwise
from types import ModuleType

from bot.cli.ending import OK, USAGE, ended
from bot.cli.terminal import prepare, spoken
from bot.cli.usage import WORDS, Parser, complain, meant, overview

#: Command, its module, and what it does in English and in Chinese.
PUBLISHERS = {
    "new": ("bot.cli.new", "write a new page by answering a few questions", "回答几个问题，写出一个新页面"),
    "check": (
        "bot.cli.check",
        "check asset pages and say how to fix what is wrong",
        "检查页面，并说明如何修改",
    ),
    "fix": ("bot.cli.fix", "make the repairs by which nothing can be lost", "完成不会丢失任何内容的修复"),
    "sha256": (
        "bot.cli.sha256",
        "print the sha256 of a file or of a remote file",
        "计算本地文件或远程文件的 sha256",
    ),
    "review": (
        "bot.cli.review",
        "review one pull request and print the result",
        "审查一个 Pull Request 并打印结果",
    ),
    "explain": ("bot.cli.explain", "explain a rule", "解释一条规则"),
    "rules": ("bot.cli.rules", "list all rules", "列出全部规则"),
    "schema": ("bot.cli.schema", "print the JSON Schema of a page's header", "打印页头的 JSON Schema"),
    "index": (
        "bot.cli.index",
        "print the JSON that the hub's site is built from",
        "打印生成 Hub 网站所用的 JSON",
    ),
    "completion": ("bot.cli.completion", "print the completion script of a shell", "打印 shell 的补全脚本"),
}
OPERATORS = {
    "audit": (
        "bot.cli.audit",
        "verify every page of a hub: links, digests, formats",
        "核对 Hub 的每个页面：链接、摘要值、格式",
    ),
    "demo": (
        "bot.cli.demo",
        "serve sample pull requests with real reviews, without a network",
        "用示例 Pull Request 演示真实的审查，无需账号和网络",
    ),
    "serve": ("bot.cli.serve", "run receiver and worker in one go", "同时运行接收端和工作进程"),
    "web": ("bot.cli.web", "run the receiver and the pages", "运行接收端和网页"),
    "worker": ("bot.cli.worker", "run the worker", "运行工作进程"),
    "downloader": (
        "bot.cli.downloader",
        "run the downloader, where DOWNLOADS=separate",
        "运行下载进程（DOWNLOADS=separate 时）",
    ),
    "db": ("bot.cli.db", "upgrade the database", "升级数据库"),
    "doctor": (
        "bot.cli.doctor",
        "look the deployment over and say how to mend it",
        "检查部署情况，并说明如何修复",
    ),
    "deliveries": (
        "bot.cli.deliveries",
        "list, show and replay what forges delivered",
        "列出、查看和重放平台推送的事件",
    ),
}
COMMANDS = {**PUBLISHERS, **OPERATORS}

#: The modules of what hubbot needs whatever it is installed for.
REQUIRED = ("markdown_it", "rapidfuzz", "urllib3", "yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns 0 clean, 1 findings, 2 usage or configuration, 3 could not finish, 130 after
    Ctrl-C, 141 when whoever read the output has gone.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    prepare()
    return ended(lambda: _run(given))


def _run(given: Sequence[str]) -> int:
    language, rest = _language(given)
    name = next((a for a in rest if not a.startswith("-")), "")
    if name not in COMMANDS:
        return _without_command(rest, name, language)
    try:
        module = importlib.import_module(COMMANDS[name][0])
        return int(module.run(_parsed([*language, *rest], name, module)))
    except ModuleNotFoundError as error:
        return _not_installed(name, error)


def _language(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """A `--lang` before the command, which takes it as one of its own, and the other arguments."""
    first = given[0] if given else ""
    if first == "--lang" and len(given) > 1 and given[1] not in COMMANDS:
        return list(given[:2]), list(given[2:])
    length = 1 if first.startswith("--lang=") else 0
    return list(given[:length]), list(given[length:])


def _without_command(given: Sequence[str], name: str, language: Sequence[str]) -> int:
    """The list of commands, the version, or what may be meant by a word that is no command."""
    lang = _asked(language) or spoken()
    if "--version" in given:
        print(f"hubbot {_version()}")
        return OK
    if not given or {"-h", "--help"} & set(given) or name == "help":
        column = 2 if lang == "zh" else 1
        groups = [{one: row[column] for one, row in some.items()} for some in (PUBLISHERS, OPERATORS)]
        print(overview(groups[0], groups[1], lang), end="")
        return OK
    wrong = given[0]
    said = WORDS[lang]["no-option" if wrong.startswith("-") else "no-command"].format(name=wrong)
    complain("hubbot", said, "" if wrong.startswith("-") else meant(wrong, COMMANDS), lang)
    return USAGE


def _version() -> str:
    """The installed version; a single file or a checkout has none on record."""
    from importlib import metadata

    try:
        return metadata.version("hubbot")
    except metadata.PackageNotFoundError:
        return "(from its source, not installed)"


def _not_installed(name: str, error: ModuleNotFoundError) -> int:
    """A package that was not installed, such as the server's: a matter of installing, not a defect."""
    missing = (error.name or "").partition(".")[0]
    if missing in ("bot", "rules", ""):
        raise error
    package = "hubbot" if missing in REQUIRED else "hubbot[server]"
    said = WORDS[spoken()]["not-installed"].format(command=name, module=error.name, package=package)
    print(f"hubbot: {said}", file=sys.stderr)
    return USAGE


def _parsed(given: Sequence[str], name: str, module: ModuleType) -> argparse.Namespace:
    """The arguments of one command, by a parser that knows the whole of it and no other."""
    commands = Parser(prog="hubbot").add_subparsers(prog="hubbot")
    module.add_parser(commands)
    rest = list(given)
    rest.remove(name)
    parser: Parser = commands.choices[name]
    parser.lang = _asked(given)
    return parser.parse_args(rest)


def _asked(given: Sequence[str]) -> str:
    """The language that `--lang` names, empty where it names none of ours."""
    words = " ".join(given).replace("--lang=", "--lang ").split()
    return next((lang for option, lang in pairwise(words) if option == "--lang" and lang in WORDS), "")
