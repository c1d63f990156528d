"""What was measured outside and is given to the rules, so that they stay pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.finding import Fault


class RemoteState(StrEnum):
    """How the measuring of a remote file ended."""

    #: The whole file was read and its length agreed; a mismatch was confirmed by a second complete read.
    MEASURED = "measured"
    #: The contributor can mend it: confirmed 404 or 410, an HTML page, a Git-LFS pointer, a refused address.
    WRONG = "wrong"
    #: Nobody here is to blame: the host, the network or the bot failed; it is tried again later.
    UNVERIFIED = "unverified"
    #: Two complete reads differ: the file is changing under its address.
    CHANGING = "changing"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One remote file to measure: its address as it is fetched, and what the page declares of it."""

    url: str
    sha256: str = ""
    file_format: str = ""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One parameter of a checkpoint: its name and type as they stand in it, and its dimensions."""

    name: str
    type: str
    dims: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """What is known of one remote file.

    `reason` is a stable word (`not-found`, `html-page`, `lfs-pointer`, `address-refused`, `timeout`, `dns`,
    `tls`, `status-503`, …; empty when measured) that the message catalogues have sentences for;
    `detail` is plain text evidence.
    `content` is a stable word for what the first bytes are (`ckpt`, `mindir`, `onnx`, `air`, `ms`, `zip`,
    `html`, `json-error`, `unknown`, …; empty when nothing was read): evidence, never a verdict.
    `tensors` lists a checkpoint's parameters, at most a few hundred of the `tensor_count` it holds; a count
    of 0 says that they were not listed, never that there are none.
    `mismatch` is a stable word for why the declared digest is not the observed one, where that is known:
    `upper-case`, `blanks` (both harmless), `prefix`, `md5`, `sha1`, `sha224`, `sha384`, `sha512`,
    `unpacked` (the digest of what this gzip holds), `truncated` (the file breaks off in a tensor or graph).
    `retry_at` is when the host asks to be asked again, if it does.
    `confirmed_at` is set where another run had read the file (at `measured_at`) and the host said now that it
    is still the same; `read_for` names the pull request of that reading as readers know it, where they may.
    Sizes are in bytes, times in seconds, moments in seconds since the epoch.
    """

    url: str
    state: RemoteState
    declared: str = ""
    sha256: str = ""
    size: int | None = None
    final_url: str = ""
    reason: str = ""
    detail: str = ""
    fault: Fault | None = None
    reads: int = 0
    seconds: float = 0.0
    measured_at: float = 0.0
    etag: str = ""
    first_bytes: str = ""
    content: str = ""
    tensors: tuple[Tensor, ...] = ()
    tensor_count: int = 0
    mismatch: str = ""
    retry_at: float | None = None
    confirmed_at: float | None = None
    read_for: str = ""


@dataclass(frozen=True, slots=True)
class WantedConf:
    """A conf file to look at: the `repo-link` that it belongs to, its address, and a file that stands beside
    it in every model's directory, whose presence tells a missing file from a server that denies everything.
    """

    link: str
    url: str
    beside: str


@dataclass(frozen=True, slots=True)
class ConfFile:
    """A model's `mindspore_hub_conf.py` as it is read from its repository; it is never run.

    `present` is False where the repository surely has none, None where nobody can tell now.
    """

    url: str
    present: bool | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class TreeAsset:
    """One asset entry of a page elsewhere in the hub's tree, for rules that compare pages."""

    path: str
    link: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rules may know beyond the pages themselves.

    `files` maps an asset's address (angle brackets removed) to what was measured;
    an absent address was not measured.
    `tree` holds the asset entries of every page of the base tree that the pull request does not replace.
    `paths` are those of every page of the base tree that the pull request does not remove or rename.
    `rivals` maps the path of a page to the other open pull requests that bring a page there, as readers know
    them (`!12`).
    `confs` maps the text of a `repo-link` to the `mindspore_hub_conf.py` there; an absent one was not read.
    """

    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    tree: Mapping[str, tuple[TreeAsset, ...]] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    rivals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    confs: Mapping[str, ConfFile] = field(default_factory=dict)
