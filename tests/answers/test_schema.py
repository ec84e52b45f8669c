import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from grader.assignment import config
from grader.package import templates

CONFIG = config.load("config.yaml")
SCHEMA = templates.schema(CONFIG)
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
FULL = yaml.safe_load(Path("submissions_example/full_marks/answers.yaml").read_text("utf-8"))


def test_it_is_a_schema_and_plain_json():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def readable():
    for path in sorted(Path("submissions_example").glob("*/answers.yaml")):
        try:
            value = yaml.safe_load(path.read_text("utf-8"))
        except yaml.YAMLError:
            continue
        if value is not None and path.parent.name not in ("missing_part", "slips_of_the_pen"):
            # An editor takes every key as text.
            yield path.parent.name, {str(part): answer for part, answer in value.items()}


@pytest.mark.parametrize(("name", "value"), list(readable()), ids=lambda one: one if isinstance(one, str) else "")
def test_the_examples_are_valid(name, value):
    assert [error.message for error in VALIDATOR.iter_errors(value)] == []


def test_every_item_has_its_place():
    for item in CONFIG.items:
        place = SCHEMA["properties"][item.part]
        for name in item.path:
            place = place["properties"][name]
            assert place.get("description") or place.get("properties"), item.name


def test_a_misspelt_field_is_found():
    (path,) = (error.path for error in VALIDATOR.iter_errors(yaml.safe_load('"2.2.2": {tmie: n}')))
    assert list(path) == ["2.2.2"]


@pytest.mark.parametrize(
    "text",
    [
        '"2.5": {}',
        '"2.3": [1]',
        '"2.3": {z: [1, 2]}',
        '"2.3": {reverse: 2n}',
        '"2.2.1": {H: [[1, 2], [3, 4]]}',
        '"2.2.2": {time: [n]}',
        '"1.1": {W1: [[1, 2], [3, 4]]}',
        '"1.2": {layers: [{W: [[1]]}]}',
        '"1.2": {layers: [{W: [[1]], activation: relu, bias: 0}]}',
        '"2.1.1": {edges: 1}',
        '"2.1.2": {x_bar: [1]}',
        "[]",
    ],
)
def test_what_is_wrong_is_found(text):
    assert list(VALIDATOR.iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '"2.3": {z: "[6, 12, 18]^T", reverse: {time: 5}}',
        '"2.3": {z: [6, "1/2", 18]}',
        '"2.3":',
        '"2.3": {z: , reverse: }',
        '"1.1": {W2: [[1, 2, 3]], b2: [2]}',
        '"2.1.1": {edges: {z1: [x], h: z1}}',
        '"2.1.1": {z1: [x], h: z1}',
        '"2.1.2": {"\\\\bar{x}": "1", where: }',
    ],
)
def test_other_forms_are_valid_too(text):
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


def test_another_config_has_another_schema():
    other = config.read(
        "title: t\nparts: {a: {title: b, kind: fields, points: 1, items: {q: {kind: vector, shape: [2]}}}}"
    )
    assert list(templates.schema(other)["properties"]) == ["a"]
