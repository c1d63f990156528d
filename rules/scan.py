"""Reads a header line by line where YAML refuses it, so that links and digests are still seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rules.finding import Span
from rules.header import MAX_HEADER, MAX_SCALAR, Node
from rules.source import point

#: The keys of the hub's Chinese pages, which are written with a full-width colon that YAML does not know.
CHINESE_KEYS = {
    "模型名称": "model-name",
    "骨干网络": "backbone-name",
    "模块类型": "module-type",
    "可微调": "fine-tunable",
    "输入形状": "input-shape",
    "模型版本": "model-version",
    "训练数据集": "train-dataset",
    "准确率": "accuracy",
    "评估": "evaluation",
    "作者": "author",
    "更新时间": "update-time",
    "代码仓链接": "repo-link",
    "用户ID": "user-id",
    "用途": "used-for",
    "训练后端": "train-backend",
    "推理后端": "infer-backend",
    "MindSpore版本": "mindspore-version",
    "MindSpore Lite": "mindspore-lite",
    "资源": "asset",
    "文件格式": "file-format",
    "资源链接": "asset-link",
    "资源SHA256校验码": "asset-sha256",
    "许可证": "license",
    "摘要": "summary",
}
WIDE_COLON = "\uff1a"
MAX_KEY = 60
#: Ours: a real header has sixty values, and this one is known to be broken.
MAX_PAIRS = 1_000
ASSET_KEYS = frozenset({"file-format", "asset-link", "asset-sha256"})


@dataclass(frozen=True, slots=True)
class Scan:
    """The header's mapping as its lines show it, where its Chinese keys stand and its full-width colons."""

    top: Node
    chinese: tuple[Span, ...]
    wide_colons: tuple[Span, ...]


def scan(lines: Sequence[str], first_line: int) -> Scan:
    """Reads the lines of a header, as far as one may reach; sees its keys and those of its asset entries."""
    pairs: list[tuple[Node, Node]] = []
    items: list[list[tuple[Node, Node]]] = []
    asset_key: Node | None = None
    chinese: list[Span] = []
    wide: list[Span] = []
    size = 0
    for number, line in enumerate(lines, first_line):
        size += len(line) + 1
        if size > MAX_HEADER or len(pairs) + len(items) >= MAX_PAIRS:
            break
        if ":" not in line and WIDE_COLON not in line and "-" not in line:
            continue
        indent, dash, key, value, colon = _entry(line, number)
        inside = asset_key is not None and (indent or dash or (key is not None and _plain(key) in ASSET_KEYS))
        if inside and dash:
            items.append([])
        if key is None or value is None:
            continue
        if key.text in CHINESE_KEYS:
            chinese += [] if key.text.isascii() else [key.span]
            key = replace(key, text=CHINESE_KEYS[key.text])
        elif line[colon] == WIDE_COLON:
            wide.append(point(number, colon + 1, 1))
        if inside:
            (items or _started(items))[-1].append((key, value))
        elif _plain(key) == "asset" and not value.text:
            asset_key = key
        elif not indent and not dash:
            asset_key = _close(asset_key, items, pairs)
            pairs.append((key, value))
    _close(asset_key, items, pairs)
    top = Node("mapping", "", point(first_line, 1), pairs=tuple(pairs))
    return Scan(top, tuple(chinese), tuple(wide))


def english(node: Node) -> tuple[Node, tuple[Span, ...]]:
    """A mapping with its Chinese keys in English, also inside its lists, and where they stand."""
    found: list[Span] = []
    pairs = []
    for key, value in node.pairs:
        found += [key.span] if key.text in CHINESE_KEYS and not key.text.isascii() else []
        items = []
        for item in value.items:
            translated, inner = english(item)
            items.append(translated)
            found += inner
        pairs.append((replace(key, text=_plain(key)), replace(value, items=tuple(items))))
    return replace(node, pairs=tuple(pairs)), tuple(found)


def _plain(key: Node) -> str:
    return CHINESE_KEYS.get(key.text, key.text)


def _started(items: list[list[tuple[Node, Node]]]) -> list[list[tuple[Node, Node]]]:
    items.append([])
    return items


def _close(
    key: Node | None, items: list[list[tuple[Node, Node]]], pairs: list[tuple[Node, Node]]
) -> Node | None:
    """Puts the asset entries gathered so far under their key."""
    if key is not None:
        nodes = tuple(Node("mapping", "", _cover(item, key.span), pairs=tuple(item)) for item in items)
        pairs.append((key, Node("list", "", key.span, items=nodes)))
        items.clear()
    return None


def _cover(item: list[tuple[Node, Node]], otherwise: Span) -> Span:
    if not item:
        return otherwise
    first, last = item[0][0].span, item[-1][1].span
    return Span(first.line, first.column, last.end_line, last.end_column)


def _entry(line: str, number: int) -> tuple[int, bool, Node | None, Node | None, int]:
    """Indent, whether a dash starts an item, key, value, index of the colon."""
    rest = line.lstrip()
    indent = len(line) - len(rest)
    dash = rest == "-" or rest.startswith(("- ", "-\t"))
    start = indent
    if dash:
        start += len(rest) - len(rest[1:].lstrip())
    cut = _colon(line, start)
    written = line[start:cut].strip() if cut >= 0 else ""
    if not written or written.startswith(("#", "<!--")):
        return indent, dash, None, None, cut
    key = Node("scalar", written, point(number, start + 1, len(written)))
    value = line[cut + 1 :].rstrip()[:MAX_SCALAR]
    column = cut + 1 + len(value) - len(value.lstrip())
    text = value.strip()
    return indent, dash, key, Node("scalar", text, point(number, column + 1, len(text))), cut


def _colon(line: str, start: int) -> int:
    end = start + MAX_KEY
    places = [
        place for place in (line.find(":", start, end), line.find(WIDE_COLON, start, end)) if place >= 0
    ]
    return min(places, default=-1)
