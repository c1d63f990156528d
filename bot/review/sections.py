"""Findings as Markdown blocks: grouped by page, and said once where they repeat over many pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bot.review.counts import REMOVED_PAGE
from bot.review.sentences import CATALOGUE
from bot.review.text import shown, span
from bot.review.words import Words
from rules.finding import Finding

#: A finding on this many pages is said once, with the pages folded below it.
REPEATED = 3
#: One rule with a different sentence on more pages than this is folded as well.
MANY = 10
#: Places listed below one repeated finding, and below one rule with a sentence for each.
PLACES_SHOWN, SENTENCES_SHOWN = 30, 20
#: Findings in one block of a page, so that a page with hundreds is still shown in part.
FINDINGS_IN_BLOCK = 10


@dataclass(frozen=True, slots=True)
class Voice:
    """How the blocks are written: language, the rules' words, and where links may lead.

    `public_url` is our own base address, `blob_url` that of a file of the head commit up to its path;
    an empty one gives no links.
    """

    language: str
    words: Words
    public_url: str = ""
    blob_url: str = ""

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        return CATALOGUE.say(self.language, key, n, **values)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and whole blocks; `folded` hides them behind the heading. `intro` is written below it."""

    title: str
    entries: tuple[str, ...]
    folded: bool = False
    intro: str = ""

    def fit(self, budget: int, voice: Voice, report_url: str) -> str:
        """The section in at most `budget` bytes of UTF-8: whole entries and how many more; else nothing."""
        if not self.entries and not self.intro:
            return ""
        room = budget - bytes_of(self.frame("", len(self.entries), voice, report_url))
        kept: list[str] = []
        for entry in self.entries:
            room -= bytes_of(entry) + 1
            if room < 0:
                break
            kept.append(entry)
        text = self.frame("\n".join(kept), len(self.entries) - len(kept), voice, report_url)
        return text if bytes_of(text) <= budget else ""

    def frame(self, body: str, left: int, voice: Voice, report_url: str) -> str:
        parts = [self.intro, body, more(left, voice, report_url)]
        inner = "\n\n".join(part.strip("\n") for part in parts if part)
        return folded(self.title, inner) if self.folded else f"#### {self.title}\n\n{inner}\n"


def more(left: int, voice: Voice, report_url: str) -> str:
    if not left:
        return ""
    key = "more_entries_report" if report_url else "more_entries"
    return voice.say(key, left, url=report_url)


def folded(title: str, body: str) -> str:
    """A `<details>` block, complete; `title` is our own words only."""
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>\n"


def bytes_of(text: str) -> int:
    return len(text.encode("utf-8"))


def entries(findings: Iterable[Finding], voice: Voice) -> tuple[str, ...]:
    """Blocks for findings of one weight: what repeats first, then page by page."""
    repeated, single = split(findings, voice)
    blocks = [repeated_block(group, voice) for group in repeated]
    return (*blocks, *page_blocks(single, voice))


def split(findings: Iterable[Finding], voice: Voice) -> tuple[list[list[Finding]], list[Finding]]:
    """Groups that are said once (largest first), and the findings that stand alone."""
    by_rule: dict[tuple[str, str], dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        by_rule[finding.rule, finding.variant][message(finding, voice)].append(finding)
    repeated: list[list[Finding]] = []
    single: list[Finding] = []
    for messages in by_rule.values():
        alone = [group for group in messages.values() if pages_of(group) < REPEATED]
        repeated += [group for group in messages.values() if pages_of(group) >= REPEATED]
        rest = [finding for group in alone for finding in group]
        if pages_of(rest) > MANY:
            repeated.append(rest)
        else:
            single += rest
    return sorted(repeated, key=len, reverse=True), single


def pages_of(findings: Sequence[Finding]) -> int:
    return len({finding.path for finding in findings})


def repeated_block(group: Sequence[Finding], voice: Voice) -> str:
    """One finding, or one rule with a sentence for each place, over many pages."""
    number = pages_of(group)
    if len({message(finding, voice) for finding in group}) == 1:
        head = f"**{voice.say('on_pages', number)}** {sentence(group[0], voice)}"
        lines = [place(finding, voice) for finding in group[:PLACES_SHOWN]]
    else:
        helps = {help_text(finding, voice) for finding in group}
        head = f"**{voice.say('same_rule', number, rule=rule_link(group[0], voice))}**"
        head += f" {helps.pop()}" if len(helps) == 1 else ""
        lines = [
            voice.say("said_at", place=place(finding, voice), text=message(finding, voice))
            for finding in group[:SENTENCES_SHOWN]
        ]
    if len(group) > len(lines):
        lines.append(voice.say("more_places", len(group) - len(lines)))
    return f"{head}\n\n{folded(voice.say('the_pages', number), bullets(lines))}"


def page_blocks(findings: Sequence[Finding], voice: Voice) -> list[str]:
    """A block a page, or several of a long one, its findings in the order of their lines."""
    by_page: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_page[finding.path].append(finding)
    blocks: list[str] = []
    for path, group in sorted(by_page.items()):
        ordered = sorted(group, key=by_line)
        starts = range(0, len(ordered), FINDINGS_IN_BLOCK)
        blocks += [page_block(path, ordered[start : start + FINDINGS_IN_BLOCK], voice) for start in starts]
    return blocks


def by_line(finding: Finding) -> tuple[int, int]:
    return finding.span.line, finding.span.column


def page_block(path: str, findings: Sequence[Finding], voice: Voice) -> str:
    lines = [
        voice.say("said_at", place=line_link(finding, voice), text=sentence(finding, voice))
        for finding in findings
    ]
    title = f"**{span(path)}**\n\n" if path else ""
    return f"{title}{bullets(lines)}\n"


def bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def sentence(finding: Finding, voice: Voice) -> str:
    """What is wrong, how to mend it, and the rule."""
    return voice.say("sentence", advice=advice(finding, voice), rule=rule_link(finding, voice))


def advice(finding: Finding, voice: Voice) -> str:
    """What is wrong and how to mend it; Chinese sentences follow each other without a blank."""
    said = (message(finding, voice), help_text(finding, voice))
    return ("" if voice.language == "zh" else " ").join(part for part in said if part)


def message(finding: Finding, voice: Voice) -> str:
    return one_line(voice.words.message(finding, voice.language, show=shown))


def help_text(finding: Finding, voice: Voice) -> str:
    return one_line(voice.words.help_text(finding, voice.language, show=shown))


def one_line(text: str) -> str:
    """Our own sentences on one line, so that a list item stays one item."""
    return " ".join(text.split())


def rule_link(finding: Finding, voice: Voice) -> str:
    """The rule's code, linking to its page."""
    if not voice.public_url or not finding.rule.isalnum() or not finding.rule.isascii():
        return span(finding.rule)
    return f"[{finding.rule}]({voice.public_url.rstrip('/')}/rules/{finding.rule})"


def place(finding: Finding, voice: Voice) -> str:
    return voice.say("place", path=span(finding.path), line=line_link(finding, voice))


def line_link(finding: Finding, voice: Voice) -> str:
    """`line 12`, linking to that line of the head commit where we know its address."""
    text = voice.say("line", finding.span.line)
    if not voice.blob_url or not finding.path or finding.rule == REMOVED_PAGE:
        return text
    path = quote(finding.path.encode("utf-8", "replace"), safe="/")
    return f"[{text}]({voice.blob_url}{path}#L{finding.span.line})"
