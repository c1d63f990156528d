"""What a new page is asked for, what is usual, and what cannot be an answer."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.cli.words import say
from bot.errors import UserError
from rules.artifacts.digest import is_digest, repaired
from rules.nearest import nearest, normal
from rules.policy import Policy, default

Default = Callable[[Mapping[str, str], Policy, Callable[[], str]], str]

#: What may be the name of a directory or of a file; one that begins with a dot is hidden, or leads elsewhere.
NAME = re.compile(r"[_+-]*[A-Za-z0-9][\w.+-]*", re.ASCII)
VERSION = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}")


def no_default(_answers: Mapping[str, str], _policy: Policy, _git: Callable[[], str]) -> str:
    return ""


def _always(text: str) -> Default:
    return lambda _answers, _policy, _git: text


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `name` is also its flag; `choices` are the words that completion knows.

    `is_asked`: a person is asked even where something is usual. `is_needed`: there must be an answer.
    """

    name: str
    help: str
    default: Default = no_default
    choices: Callable[[Policy], Sequence[str]] = lambda _policy: ()
    is_asked: bool = True
    is_needed: bool = True


def _author(answers: Mapping[str, str], policy: Policy, git: Callable[[], str]) -> str:
    known = policy.authors.get(answers["publisher"])
    return known[0] if known else git()


def _user(answers: Mapping[str, str], policy: Policy, _git: Callable[[], str]) -> str:
    return policy.publishers.get(answers["publisher"], (answers["publisher"],))[0]


def _repository(answers: Mapping[str, str], _policy: Policy, _git: Callable[[], str]) -> str:
    area = answers["module-type"].partition("-")[0]
    return f"https://gitee.com/mindspore/models/tree/r{answers['version']}/official/{area}/{answers['model']}"


def _format(answers: Mapping[str, str], policy: Policy, _git: Callable[[], str]) -> str:
    link = answers["asset-link"].strip("<>").lower()
    for name, suffixes in policy.file_formats.items():
        if link.endswith(suffixes):
            return name
    return ""


def _module_types(policy: Policy) -> list[str]:
    return [f"{area}-{kind}" for area, kinds in policy.module_types.items() for kind in kinds or ("others",)]


QUESTIONS: tuple[Question, ...] = (
    Question("model", "the name that create_network takes"),
    Question("dataset", "the data set it was trained on, or none", choices=lambda policy: policy.datasets),
    Question("publisher", "the directory", _always("mindspore"), lambda policy: list(policy.publishers)),
    Question("version", "the MindSpore version, as X.Y"),
    Question("module-type", "area and task, as cv-classification", choices=_module_types),
    Question("repo-link", "the directory of the model's code, at a branch or tag", _repository),
    Question("asset-link", "the https address of the model file"),
    Question(
        "format", "the format of the file", _format, lambda policy: list(policy.file_formats), is_asked=False
    ),
    Question("sha256", "the digest of the file (or give --file)"),
    Question("evaluation", "what it reaches, as acc92.1", _always("-")),
    Question("author", "who made it", _author),
    Question("summary", "one sentence on what it is for"),
    Question("paper", "what to cite"),
    Question("paper-link", "the address of that", is_needed=False),
    Question(
        "backbone", "the network it is built on", lambda answers, _p, _g: answers["model"], is_asked=False
    ),
    Question(
        "fine-tunable", "True or False", _always("True"), lambda _policy: ("True", "False"), is_asked=False
    ),
    Question(
        "used-for", "what it is for", _always("inference"), lambda policy: policy.used_for, is_asked=False
    ),
    Question("user-id", "who publishes it", _user, is_asked=False),
    Question("license", "its licence", _always("Apache2.0"), lambda policy: policy.licences, is_asked=False),
)

#: Whose answers are one of the vocabulary's words, and no others.
_CLOSED = ("module-type", "format", "fine-tunable", "used-for", "license")


def tidied(question: Question, text: str) -> str:
    """An answer without the blanks around it; of a digest as it was pasted (in capitals, behind `sha256:`, in
    a line of `sha256sum`) the digits.
    """
    text = text.strip()
    words = [repaired(word) for word in (*text.split(), text)] if question.name == "sha256" else []
    return next((word for word in words if is_digest(word)), text)


def complaint(question: Question, text: str, lang: str) -> str:
    """What is wrong with an answer, empty when nothing is seen."""
    name, known = question.name, question.choices(default())
    if not text:
        return say(lang, "empty", "new", field=name) if question.is_needed else ""
    if not text.isprintable():
        return say(lang, "control", "new", field=name)
    if name == "version" and not VERSION.fullmatch(text):
        return say(lang, "bad-version", "new", text=text)
    if name in ("model", "publisher") and not NAME.fullmatch(text):
        return say(lang, "bad-start" if text.startswith(".") else "bad-name", "new", field=name, text=text)
    if name == "sha256" and not is_digest(text):
        return say(lang, "bad-digest", "new", text=text, count=len(repaired(text)))
    if name in ("asset-link", "repo-link", "paper-link") and not text.strip("<>").startswith("https://"):
        return say(lang, "bad-link", "new", text=text)
    if name in _CLOSED and text not in known:
        if fitting := [word for word in known if word.startswith(f"{text}-")]:
            return say(lang, "goes-on", "new", text=text, words=", ".join(fitting))
        near = nearest(text, known)
        return say(lang, "did-you-mean" if near else "unknown", "new", field=name, text=text, near=near)
    return ""


def hint(question: Question, text: str, lang: str) -> str:
    """What should be looked at again although it may be right; empty when nothing is seen."""
    known = question.choices(default())
    if question.name != "dataset" or not text or any(normal(text) == normal(word) for word in known):
        return ""
    near = nearest(text, known)
    return say(lang, "did-you-mean", "new", field=question.name, text=text, near=near) if near else ""


class Asker:
    """Asks a person on a terminal, with completion by the Tab key where the platform has it."""

    def __init__(self, lang: str, is_asking: bool) -> None:
        self.lang, self.is_asking = lang, is_asking
        if is_asking:
            print(say(lang, "hello", "new"))

    def ask(self, question: Question, answers: Mapping[str, str], usual: str) -> str:
        """An answer; the usual one for an empty line. A wrong one is asked for again, so that the others are
        not lost; a digest is for the caller to judge, who may compute it. Raises `UserError` at the end.
        """
        shown = f" [{usual}]" if usual else ""
        prompt = f"{say(self.lang, f'ask-{question.name}', 'new', **_plain(answers))}{shown}: "
        with _completing(question.choices(default())):
            while True:
                try:
                    text = tidied(question, input(prompt)) or usual
                except EOFError:
                    print()  # Ctrl-D leaves the cursor behind the question
                    raise UserError(say(self.lang, "stopped", "new")) from None
                wrong = "" if question.name == "sha256" else complaint(question, text, self.lang)
                if not wrong:
                    if doubt := hint(question, text, self.lang):
                        print(f"  {doubt}")
                    return text
                print(f"  {wrong}")


def _plain(answers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in answers.items()}


@contextlib.contextmanager
def _completing(words: Sequence[str]) -> Iterator[None]:
    """Tab completes the words of a vocabulary, whatever the case."""
    try:
        import readline
    except ImportError:  # Windows
        yield
        return

    def complete(text: str, state: int) -> str | None:
        fitting = [word for word in words if word.lower().startswith(text.lower())]
        return fitting[state] if state < len(fitting) else None

    readline.set_completer_delims("")
    readline.parse_and_bind("tab: complete")
    readline.set_completer(complete)
    try:
        yield
    finally:
        readline.set_completer(None)
