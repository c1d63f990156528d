"""Holds the verdicts of `hubbot check` against those of the hub's own validator, page by page.

Every page is judged by both; each difference is counted under its reason: the rules that speak here, or the
words with which the validator refuses there. Prints Markdown, the table of docs/parity.md.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from rules import engine, policy, words  # noqa: E402 - run as a file, from anywhere
from rules.facts import Facts  # noqa: E402
from rules.finding import Severity  # noqa: E402
from rules.page import Page, parse  # noqa: E402

#: The validator on every page with its network taken away; an answer a page, whatever it raises.
VALIDATOR = """
import contextlib, io, json, socket, ssl, sys, types, urllib.request
from pathlib import Path
root, assets = sys.argv[1:]
package = types.ModuleType("mindspore_hub")
package.__path__ = [f"{root}/mindspore_hub"]
sys.modules["mindspore_hub"] = package
urllib.request.urlopen = lambda *given, **named: io.BytesIO()
ssl.create_default_context = lambda *given, **named: types.SimpleNamespace()
socket.gethostbyname = lambda name: "127.0.0.1"
from mindspore_hub._utils.check import ValidMarkdown
answers = {}
for page in sorted(Path(assets).rglob("*.md")):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            ValidMarkdown(str(page)).check_markdown_file()
        answers[page.relative_to(assets).as_posix()] = ""
    except Exception as error:
        answers[page.relative_to(assets).as_posix()] = f"{type(error).__name__}: {error}"
json.dump(answers, sys.stdout)
"""

#: The validator's words, and why we do or do not say the same.
REFUSALS = (
    (re.compile(r"train_dataset ``[^`]*_[^`]*``"), "splits a listed data set at its underscore"),
    (re.compile(r"train_dataset ``N/A``"), "refuses `N/A` where there is no data set"),
    (re.compile(r"train_dataset"), "wants another spelling of the data set, or does not list it"),
    (re.compile(r"two '---'"), "takes a line of the body that begins with `---` for a fence"),
    (re.compile(r"^(Scanner|Parser|Composer)Error"), "ends the whole run: YAML of the header is broken"),
)


def main() -> int:
    args = _arguments()
    assets = args.hub / "mshub_res" / "assets"
    theirs = _theirs(args.python, args.validator, assets)
    pages = [parse(f"mshub_res/assets/{name}", (assets / name).read_bytes()) for name in sorted(theirs)]
    print(f"{len(pages)} pages; the validator passes {sum(not text for text in theirs.values())}.\n")
    for title, changed in (("As untouched pages", False), ("As new pages", True)):
        ours = _ours(pages, changed)
        _table(title, pages, ours, theirs)
        if args.pages:
            _each(pages, ours, theirs)
    return 0


def _each(pages: Sequence[Page], ours: Mapping[str, list[str]], theirs: Mapping[str, str]) -> None:
    """Every page on which the verdicts differ, with the reason."""
    print("| page | who refuses | reason |\n|---|---|---|")
    for page in pages:
        said, codes = theirs[page.path.removeprefix("mshub_res/assets/")], ours[page.path]
        if bool(said) != bool(codes):
            who, reason = ("the validator", _reason(said)) if said else ("hubbot", ", ".join(codes))
            print(f"| `{page.path}` | {who} | {reason} |")
    print()


def _theirs(python: str, validator: Path, assets: Path) -> dict[str, str]:
    done = subprocess.run(
        [python, "-c", VALIDATOR, str(validator), str(assets)], capture_output=True, text=True, check=True
    )
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


def _ours(pages: Sequence[Page], changed: bool) -> dict[str, list[str]]:
    """The codes of the errors on each page."""
    subjects = [engine.Subject(page, changed=changed) for page in pages]
    found: dict[str, set[str]] = {page.path: set() for page in pages}
    for finding in engine.check(subjects, Facts(), policy.default()):
        if finding.severity is Severity.ERROR:
            found.setdefault(finding.path, set()).add(finding.rule)
    return {path: sorted(codes) for path, codes in found.items()}


def _table(
    title: str, pages: Sequence[Page], ours: Mapping[str, list[str]], theirs: Mapping[str, str]
) -> None:
    agree: Counter[str] = Counter()
    false_green: Counter[str] = Counter()
    false_red: Counter[str] = Counter()
    for page in pages:
        said, codes = theirs[page.path.removeprefix("mshub_res/assets/")], ours[page.path]
        if bool(said) == bool(codes):
            agree["both refuse" if said else "both pass"] += 1
        elif codes:
            false_green.update(codes)
            agree["only hubbot refuses"] += 1
        else:
            false_red[_reason(said)] += 1
            agree["only the validator refuses"] += 1
    print(f"## {title}\n\n| verdicts | pages |\n|---|---:|")
    for word, count in sorted(agree.items()):
        print(f"| {word} | {count} |")
    if false_green:
        print("\nWhat only hubbot refuses, by rule (a page may count under several):\n")
        print("| rule | asks that | pages |\n|---|---|---:|")
        for code, count in false_green.most_common():
            print(f"| {code} | {words.summary(code, 'en')} | {count} |")
    if false_red:
        print("\nWhat only the validator refuses, by its reason:\n\n| the validator | pages |\n|---|---:|")
        for reason, count in false_red.most_common():
            print(f"| {reason} | {count} |")
    print()


def _reason(said: str) -> str:
    return next((reason for pattern, reason in REFUSALS if pattern.search(said)), said.partition(" in ")[0])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("hub", type=Path, help="a checkout of a hub")
    parser.add_argument("--validator", type=Path, required=True, help="a checkout with the validator")
    parser.add_argument("--pages", action="store_true", help="list every page on which the verdicts differ")
    parser.add_argument("--python", default=sys.executable, help="the interpreter with its packages")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
