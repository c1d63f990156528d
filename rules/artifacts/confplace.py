"""Where the files of a model's repository can be read as they are."""

from __future__ import annotations

from urllib.parse import quote

from rules.artifacts.repository import bare, place

#: The file that the hub's client loads a network through.
CONF = "mindspore_hub_conf.py"
#: Host of a repository to the address of one file at a ref: how the forges serve raw files.
_RAW = {
    "gitee.com": "https://gitee.com/{repository}/raw/{ref}/{path}",
    "github.com": "https://raw.githubusercontent.com/{repository}/{ref}/{path}",
}


def raw_url(link: str, name: str) -> str:
    """The address of a file in the directory that a `repo-link` names; empty where there is none."""
    found = place(bare(link))
    if found is None or found.kind != "tree" or found.host not in _RAW:
        return ""
    path = f"{found.directory}/{name}".lstrip("/")
    parts = (found.repository, found.ref, path)
    if any(part in (".", "..") for text in parts for part in text.split("/")):
        return ""
    repository, ref, path = (quote(text, safe="/%") for text in parts)
    return _RAW[found.host].format(repository=repository, ref=ref, path=path)
