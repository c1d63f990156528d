"""Writes what the locked requirements install as a CycloneDX document, for scanners of advisories."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
#: `name==version`, an optional marker, then lines of hashes.
PACKAGE = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\\n]+))?"
    r"(?P<hashes>(?: \\\n {4}--hash=sha256:[0-9a-f]{64})+)",
    re.MULTILINE,
)


def document(requirements: str, project: dict[str, Any]) -> dict[str, Any]:
    """The same requirements give the same document: it holds neither time nor chance."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": f"pkg:pypi/{project['name']}@{project['version']}",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
            }
        },
        "components": [_component(found) for found in PACKAGE.finditer(requirements)],
    }


def _component(found: re.Match[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{found['name']}@{found['version']}"
    digests = re.findall(r"sha256:([0-9a-f]{64})", found["hashes"])
    properties = [{"name": "hubbot:sha256", "value": digest} for digest in digests]
    if found["marker"]:
        properties.append({"name": "hubbot:marker", "value": found["marker"].strip()})
    return {
        "type": "library",
        "bom-ref": purl,
        "name": found["name"],
        "version": found["version"],
        "purl": purl,
        "properties": properties,
    }


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made = document((ROOT / "requirements/runtime.txt").read_text(encoding="utf-8"), project)
    json.dump(made, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
