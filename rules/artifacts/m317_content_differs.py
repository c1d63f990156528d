"""A model file is what its `file-format` says.

Only the first bytes are looked at; nothing is loaded. A PyTorch file renamed to `.ckpt` has a right digest
and still cannot be loaded by anybody: `mindspore.load_checkpoint` refuses it.

Wrong, where the file begins as a zip archive, as PyTorch's `.pth` does:

    file-format: ckpt

Right: export the model with `mindspore.save_checkpoint` (ckpt) or `mindspore.export` (mindir, onnx, air),
upload that file, and write its digest.

Not reported: files whose beginning tells nothing, and formats without a mark of their own (air).
"""

from __future__ import annotations

from collections.abc import Iterator

from rules.facts import RemoteState
from rules.finding import Problem
from rules.page import Page
from rules.rule import Context, rule

#: What a file is called by its first bytes where that is the format declared.
OWN = {"ckpt": "ckpt", "mindir": "mindir", "onnx": "onnx", "mslite": "ms"}
#: Formats that are recognised by a mark of their own, and so are surely not another one.
MARKED = frozenset({"ckpt", "mindir", "onnx", "ms"})
#: Archives, other frameworks' files and plain mistakes: none of them is a MindSpore model.
ARCHIVES = frozenset({"zip", "pickle", "tar", "gzip", "bzip2", "xz", "7z", "rar", "zstd"})
FRAMEWORKS = frozenset({"safetensors", "hdf5", "gguf", "npy", "tflite"})
MISTAKES = frozenset({"html", "lfs-pointer", "json-error", "xml", "pdf"})
FOREIGN = ARCHIVES | FRAMEWORKS | MISTAKES


@rule("MSH317", "content-differs", changed="error", untouched="warning", remote=True)
def check(page: Page, context: Context) -> Iterator[Problem]:
    for asset in page.assets:
        file = context.facts.files.get(asset.link)
        if file is None or file.state is not RemoteState.MEASURED:
            continue
        declared = asset.file_format.strip().lower()
        other = file.content in MARKED and declared in OWN and OWN[declared] != file.content
        if file.content in FOREIGN or other:
            yield Problem(
                asset.place("file-format"),
                asset.key("file-format"),
                values={"format": declared or "?", "content": file.content, "link": asset.link},
                identity=f"{declared}\0{file.content}\0{asset.link}",
            )
