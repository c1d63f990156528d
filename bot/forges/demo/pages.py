"""Writes an asset page of the demo from the few facts that differ between models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.forges.demo.models import Model
from bot.model import ASSETS_ROOT

PUBLISHER = "mindspore"
#: Hosts that the hub's pages link to; the demo's file server answers for both.
HOST = "download.mindspore.cn"
FAILING_HOST = "download-mindspore.osinfra.cn"


@dataclass(frozen=True, slots=True)
class Card:
    """One model of the demo. `name` and `dataset` as they stand in the file name; `area` is `cv`, `nlp`, ….

    The rest spoils a page for a finding: `header` replaces fields (an empty text leaves the field out),
    `uid` is another identifier in the Usage section, `stated` a model whose digest the page gives instead
    of its own model's, `upper_case` writes the digest in capitals.
    """

    name: str
    dataset: str
    area: str
    kind: str
    metric: str
    family: str
    summary: str
    about: str
    paper: str
    model: Model
    version: str = "1.9"
    host: str = HOST
    header: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""
    stated: Model | None = None
    upper_case: bool = False


def path(card: Card) -> str:
    """Where the page lives in the hub."""
    return f"{ASSETS_ROOT}{_uid(card)}.md"


def file_path(card: Card) -> str:
    """The model file's path on its host, which names version, dataset and metric as the hub's files do."""
    tag = "v" + card.version.replace(".", "") + "0"
    name = f"{card.name}_ascend_{tag}_{card.dataset}_official_{card.area}_{card.metric}.ckpt"
    return f"/models/r{card.version}/{name}"


def link(card: Card) -> str:
    return f"https://{card.host}{file_path(card)}"


def render(card: Card) -> str:
    """The page's text."""
    header = "\n\n".join(_field(key, value) for key, value in _header(card).items())
    readme = f"https://gitee.com/mindspore/models/blob/r{card.version}/official/{card.area}/{card.family}/README.md"
    return _PAGE.format(
        name=card.name,
        header=header,
        about=card.about,
        readme=readme,
        place=f"official/{card.area}/{card.family}",
        uid=card.uid or _uid(card),
        paper=card.paper,
    )


def _uid(card: Card) -> str:
    return f"{PUBLISHER}/{card.version}/{card.name}_{card.dataset}"


def _header(card: Card) -> dict[str, str]:
    fields = {
        "model-name": card.name,
        "backbone-name": card.family,
        "module-type": f"{card.area}-{card.kind}",
        "fine-tunable": "True",
        "model-version": card.version,
        "train-dataset": card.dataset,
        "evaluation": card.metric,
        "author": "MindSpore team",
        "update-time": "2022-11-08",
        "repo-link": f"<https://gitee.com/mindspore/models/tree/r{card.version}/official/{card.area}/{card.family}>",
        "user-id": "MindSpore",
        "used-for": "inference",
        "mindspore-version": card.version,
        "asset": _asset(card),
        "license": "Apache2.0",
        "summary": card.summary,
    }
    merged = fields | dict(card.header)
    return {key: value for key, value in merged.items() if value}


def _field(key: str, value: str) -> str:
    return f"{key}:{value}" if value.startswith("\n") else f"{key}: {value}"


def _asset(card: Card) -> str:
    digest = (card.stated or card.model).sha256()
    return (
        "\n\n-"
        "\n    file-format: ckpt"
        f"\n    asset-link: <{link(card)}>"
        f"\n    asset-sha256: {digest.upper() if card.upper_case else digest}"
    )


_PAGE = """\
# {name}

---

{header}

---

## Introduction

{about}

The network is implemented in [{place}]({readme}) of the MindSpore models repository,
where the training script and its settings are described.

## Usage

```python
import mindspore_hub as mshub
from mindspore import context

context.set_context(mode=context.GRAPH_MODE, device_target="Ascend")

model = "{uid}"
network = mshub.load(model)
network.set_train(False)
```

## Citation

{paper}

## Disclaimer

This page belongs to a demonstration: the model, its figures and its file are made up.
Nothing here may be used as a pretrained network.
"""
