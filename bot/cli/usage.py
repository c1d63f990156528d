"""The command line's own words in the language of the terminal: its commands, and wrong arguments."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn

from bot.cli.terminal import spoken

#: Here and not in a catalogue: `hubbot --help` is to answer at once, without a YAML parser.
WORDS = {
    "en": {
        "usage": "usage",
        "about": "Reviews pull requests that add pretrained models to MindSpore Hub.",
        "publish": "to publish a page",
        "operate": "to run the bot",
        "more": "hubbot COMMAND --help explains a command.",
        "no-command": "there is no command {name}",
        "no-option": "{name} is an option of no command; the command comes first",
        "not-installed": '`{command}` needs {module}, which comes with {package}: pip install "{package}"',
        "no-output": "the output cannot be written: {detail}",
        "meant": "did you mean {name}?",
        "see": "see {program} --help",
    },
    "zh": {
        "usage": "用法",
        "about": "审查向 MindSpore Hub 添加预训练模型的 Pull Request。",
        "publish": "发布页面",
        "operate": "运行机器人",
        "more": "hubbot 命令 --help 说明某个命令的用法。",
        "no-command": "没有 {name} 这个命令",
        "no-option": "{name} 前面没有命令；请先写命令，再写选项",
        "not-installed": '`{command}` 需要 {module}，请安装：pip install "{package}"',
        "no-output": "无法写入输出：{detail}",
        "meant": "您想写的是 {name} 吗？",
        "see": "请参见 {program} --help",
    },
}
#: The commonest of argparse's own messages in Chinese; any other stays as it is.
CHINESE = {
    r"unrecognized arguments: (.*)": r"无法识别的参数：\1",
    r"the following arguments are required: (.*)": r"缺少参数：\1",
    r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.*)\)": r"参数 \1 不能是 \2，可用的值：\3",
    r"argument (\S+): expected (?:one|at least one) argument": r"参数 \1 后面需要一个值",
    r"argument (\S+): invalid \w+ value: '?(.*?)'?": r"参数 \1 的值 \2 无效",
    r"argument (\S+): not allowed with argument (\S+)": r"参数 \1 和 \2 不能同时使用",
    r"ambiguous option: (\S+) could match (.*)": r"选项 \1 不完整，可能是：\2",
}
#: The columns of the longest command and a gap.
COLUMN = 12


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and which option may be meant; explains itself in Chinese too.

    `lang` is the language that was asked for, else it is that of the terminal.
    """

    lang = ""

    def format_help(self) -> str:
        """What `--help` prints."""
        if (self.lang or spoken()) != "zh":
            return super().format_help()
        return str(importlib.import_module("bot.cli.chinese").help_of(self))  # which needs a YAML parser

    def error(self, message: str) -> NoReturn:
        """Ends with the code of a usage error."""
        lang = self.lang or spoken()
        said = message
        for pattern, words in CHINESE.items() if lang == "zh" else ():
            said = re.sub(f"{pattern}$", words, said)
        wrong = message.partition("unrecognized arguments: ")[2].split()
        options = [
            name for action in self._actions for name in action.option_strings
        ]  # argparse lists no other
        hint = meant(wrong[0].partition("=")[0], options) if wrong else ""
        complain(self.prog, said, hint, lang)
        sys.exit(2)


def complain(program: str, said: str, hint: str, lang: str) -> None:
    """A wrong word, the right one if it is near, and where the whole is explained."""
    words = WORDS[lang]
    print(f"hubbot: {said}", file=sys.stderr)
    if hint:
        print(f"  {words['meant'].format(name=hint)}", file=sys.stderr)
    print(f"  {words['see'].format(program=program)}", file=sys.stderr)


def meant(word: str, known: Iterable[str]) -> str:
    """The command or option that somebody who wrote `word` most likely had in mind, else empty."""
    import difflib  # only here: most commands are spelt well

    return next(iter(difflib.get_close_matches(word, list(known), 1, 0.7)), "")


def overview(publishers: Mapping[str, str], operators: Mapping[str, str], lang: str) -> str:
    """All commands, those of whoever publishes first; every line has at most 80 columns."""
    words = WORDS[lang]
    parts = [
        f"{words['usage']}: hubbot [-h] [--version] {'COMMAND' if lang == 'en' else '命令'} ...",
        words["about"],
    ]
    for name, commands in (("publish", publishers), ("operate", operators)):
        rows = [f"  {command:<{COLUMN}}{text}" for command, text in commands.items()]
        parts.append("\n".join([f"{words[name]}:", *rows]))
    return "\n\n".join([*parts, words["more"]]) + "\n"
