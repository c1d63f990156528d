"""The schema is a schema, takes the sound page and refuses what the vocabulary does not have."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot.cli.main import main
from rules import policy
from rules.schema import schema

GOOD = (Path(__file__).parent / "fixtures" / "msh302" / "good.md").read_text(encoding="utf-8")
HEADER = GOOD.split("\n---\n")[1].replace("evaluation: -", "evaluation: '-'")


def errors(changes: dict[str, Any], loader: Any = yaml.SafeLoader) -> list[str]:
    header = {**yaml.load(HEADER, loader), **changes}
    header["update-time"] = str(header["update-time"])
    validator = Draft202012Validator(schema(policy.default()))
    return ["/".join(map(str, one.absolute_path)) or one.message for one in validator.iter_errors(header)]


def test_it_is_a_schema_of_its_dialect() -> None:
    Draft202012Validator.check_schema(schema(policy.default()))


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.BaseLoader])
def test_the_sound_page_passes_with_and_without_types(loader: Any) -> None:
    assert errors({}, loader) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"used-for": "inference/transfer-learning"}, []),
        ({"module-type": "gnn", "license": "MIT", "train-dataset": 2012, "input-shape": [1, 2]}, []),
        ({"module-type": "CV"}, ["module-type"]),
        ({"module-type": "cv-super-resolution"}, ["module-type"]),
        ({"used-for": "Inference"}, ["used-for"]),
        ({"mindspore-version": "v1.2"}, ["mindspore-version"]),
        ({"update-time": "2023-2-17"}, ["update-time"]),
        ({"fine-tunable": "maybe"}, ["fine-tunable"]),
        ({"repo-link": None}, ["repo-link"]),
        ({"hmean": "1"}, ["Additional properties are not allowed ('hmean' was unexpected)"]),
        ({"asset": [{"file-format": "zip"}]}, ["asset/0", "asset/0", "asset/0/file-format"]),
        ({"asset": []}, ["asset"]),
    ],
)
def test_values(changes: dict[str, Any], expected: list[str]) -> None:
    assert sorted(errors(changes)) == sorted(expected)


def test_a_required_field_is_required() -> None:
    header = yaml.safe_load(HEADER)
    del header["summary"]
    found = [one.message for one in Draft202012Validator(schema(policy.default())).iter_errors(header)]
    assert "'summary' is a required property" in found


def test_every_field_is_described_in_both_languages() -> None:
    made = schema(policy.default())
    fields = {**made["properties"], **made["properties"]["asset"]["items"]["properties"]}
    for name, field in fields.items():
        english, chinese = field["description"].split("\n")
        assert not re.search("[\u4e00-\u9fff]", english), name
        assert re.search("[\u4e00-\u9fff]", chinese), name


def test_the_vocabulary_is_the_policys() -> None:
    own = replace(policy.default(), used_for=("a.b",), optional_fields=("asset", "colour"))
    properties = schema(own)["properties"]
    assert re.search(properties["used-for"]["pattern"], "a.b")
    assert not re.search(properties["used-for"]["pattern"], "axb")
    assert "description" not in properties["colour"]


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema(policy.default())
