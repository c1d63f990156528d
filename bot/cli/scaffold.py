"""Writes the text of a new page, and of a `mindspore_hub_conf.py` for its model, from a few answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from rules.datasets import says_none
from rules.header import HeaderError, load

#: The order of the header's fields, as the hub's own pages have them.
FIELDS = (
    "model-name", "backbone-name", "module-type", "fine-tunable", "model-version", "train-dataset",
    "evaluation", "author", "update-time", "repo-link", "user-id", "used-for", "mindspore-version",
)  # fmt: skip
_LAST = ("license", "summary")
_OTHER = re.compile("[^a-z0-9._-]+")


def page(answers: Mapping[str, str]) -> str:
    """A whole page; `answers` holds header fields, those of one entry, `uid`, `paper` and `paper-link`."""
    head = [f"{name}: {scalar(answers[name])}" for name in FIELDS if answers.get(name)]
    entry = "\n".join(
        f"    {name}: {answers[name]}"
        for name in ("file-format", "asset-link", "asset-sha256")
        if answers[name]
    )
    tail = [f"{name}: {scalar(answers[name])}" for name in _LAST]
    name, area = answers["model-name"], answers["module-type"].partition("-")[0]
    code = answers["repo-link"].strip("<>")
    return _PAGE.format(
        name=name,
        header="\n\n".join([*head, f"asset:\n\n-\n{entry}", *tail]),
        area=area,
        place=code.partition("/tree/")[2].partition("/")[2] or name,
        code=code,
        uid=answers["uid"],
        paper=f"[{answers['paper']}](<{answers['paper-link']}>)"
        if answers.get("paper-link")
        else answers["paper"],
    )


def file_name(model: str, dataset: str) -> str:
    """A page's file name: the model and the data set, in lower case, without blanks, and `_` for whatever a
    file name must not have.
    """
    words = ("".join(part.split()).lower() for part in (model, "" if says_none(dataset) else dataset))
    parts = (_OTHER.sub("_", word).strip("_") for word in words)
    return "_".join(part for part in parts if part) + ".md"


def conf(name: str) -> str:
    """A `mindspore_hub_conf.py` to begin with, for a model of this name."""
    safe = name if name.isidentifier() else "network"
    return _CONF.format(name=json.dumps(name.lower(), ensure_ascii=False), function=safe.lower())


def scalar(text: str) -> str:
    """A value as a header can hold it: bare where YAML reads it back unchanged, else in quotes."""
    try:
        ((_, value),) = load([f"key: {text}"], 1).pairs
        bare = value.shape == "scalar" and value.text == text
    except (HeaderError, ValueError):
        bare = False
    return text if bare else json.dumps(text, ensure_ascii=False)


_PAGE = """# {name}

---

{header}

---

## Introduction

This MindSpore Hub model uses the implementation of {name} from {place}.

{name} is a {area} network. For details see [{place}](<{code}>).

## Usage

```python
import mindspore_hub as mshub
from mindspore import context

context.set_context(mode=context.GRAPH_MODE,
                    device_target="Ascend",
                    device_id=0)

model = "{uid}"
network = mshub.load(model)
network.set_train(False)
```

## Citation

{paper}

## Disclaimer

MindSpore ("we") do not own any ownership or intellectual property rights of the datasets, and the trained models are provided on an "as is" and "as available" basis. Please ensure that you have permission to use the dataset under its license. The trained models provided are only for research and education purposes.
"""  # noqa: E501 - a paragraph is one line

_CONF = '''"""Creates the network that the page on MindSpore Hub describes."""

from src.{function} import {function}


def create_network(name, *args, **kwargs):
    """Called by mindspore_hub.load with the page's model-name in lower case."""
    if name == {name}:
        return {function}(*args, **kwargs)
    raise NotImplementedError(f"{{name}} is not implemented in the repo")
'''
