"""The consumers' kit: what it reads, what it lets pass, and that its files are what the code makes of them."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from quiforme.anomalies.catalogue import RULES
from quiforme_anomalies import EvenementAlerte, EvenementOuverte, exemples, parse, schema
from quiforme_anomalies.model import EVENEMENT

from tests.e2e.examples import examples, run
from tools.anomaly_kit.written import generated
from tools.local_stack.emulator import LOCAL, ROOT

_FOLDER = ROOT / "layers" / "anomalies"
EVENTS = [event for events in exemples().values() for event in events]
PROMISED = {
    "id", "code", "severite", "occurrence", "cle", "siret", "siren", "nda", "code_fiche", "uai", "source", "departement",
    "region", "message", "constats", "premiere_detection", "derniere_detection", "generation",
}  # fmt: skip
"""What the first message of version 1 held: each stays, required and of the same type, as long as version 1 does."""


def name_of(event: dict[str, Any]) -> str:
    return f"{event['data']['code']}-{event['id'][-1]}-{event['type'].split('.')[3]}"


@pytest.fixture(scope="module")
def made() -> dict[Path, Any]:
    return generated()


@pytest.mark.prove
def test_its_files_are_what_the_code_makes(made: dict[Path, Any]) -> None:
    """`make anomalies` writes them anew."""
    carried = set((_FOLDER / "python" / "quiforme_anomalies").glob("*/*.json"))
    assert carried == made.keys()
    for path, content in made.items():
        assert json.loads(path.read_text(encoding="utf-8")) == content, path


def test_every_rule_has_a_story_that_opens_and_closes() -> None:
    assert list(exemples()) == sorted([*(rule.code for rule in RULES), "alerte"])
    for rule in RULES:
        story = exemples()[rule.code]
        assert {event["data"]["code"] for event in story} == {rule.code}
        assert [int(event["id"].rpartition(":")[2]) for event in story] == list(range(1, len(story) + 1))
        assert {"ouverte", "resolue"} <= {parse(json.dumps(event)).evenement for event in story}, rule.code
    assert {parse(json.dumps(event)).evenement for event in EVENTS} == {"ouverte", "modifiee", "resolue", "alerte"}


@pytest.mark.parametrize("event", EVENTS, ids=name_of)
def test_every_sample_is_read_whole_and_meets_its_schemas(event: dict[str, Any]) -> None:
    read = EVENEMENT.validate_json(json.dumps(event), extra="forbid")
    assert read.model_dump(mode="json") == event
    jsonschema.validate(event, schema("evenement"))
    of_data = schema("alerte" if isinstance(read, EvenementAlerte) else "anomalie")
    assert event["dataschema"] == of_data["$id"]
    jsonschema.validate(event["data"], of_data)


def test_a_field_added_later_breaks_no_reader() -> None:
    for event in EVENTS:
        later = {**event, "traceparent": "00-1", "data": {**event["data"], "nouveau": {"x": 1}}}
        assert parse(json.dumps(later)) == parse(json.dumps(event))
        jsonschema.validate(later, schema("evenement"))


def test_a_field_that_came_later_may_be_missing() -> None:
    event = EVENTS[0]
    older = {**event, "data": {name: value for name, value in event["data"].items() if name in PROMISED}}
    read = parse(json.dumps(older))
    assert isinstance(read, EvenementOuverte)
    assert (read.data.liens.consultation, read.data.liens.sources) == (None, {})
    jsonschema.validate(older, schema("evenement"))


def test_what_version_1_promised_stays() -> None:
    assert set(schema("anomalie")["required"]) == PROMISED
    for name in ("anomalie", "alerte", "evenement"):
        Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize(
    "change",
    [
        {"type": "fr.quiforme.anomalie.ouverte.v2"},
        {"type": "fr.quiforme.anomalie.fusionnee.v1"},
        {"specversion": "0.3"},
        {"id": "5f0c"},
        {"data": {}},
        {"data": None},
    ],
)
def test_what_is_no_event_of_version_1_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parse(json.dumps({**EVENTS[0], **change}))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**EVENTS[0], **change}, schema("evenement"))


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"texte"'])
def test_what_is_no_event_at_all_is_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        parse(body)


@pytest.mark.parametrize("page", [ROOT / "docs" / "anomalies.md", _FOLDER / "README.md"], ids=lambda page: page.name)
def test_the_examples_of_its_guides_run(page: Path, tmp_path: Path) -> None:
    (text,) = (text for language, text in examples(page) if language == "python")
    told = run("python", text, tmp_path, {"PYTHONPATH": str(_FOLDER / "python")})
    assert told
    assert len(told.splitlines()) >= 4


def test_it_is_a_package_that_needs_pydantic_alone(tmp_path: Path) -> None:
    subprocess.run(
        [LOCAL / "tools" / "bin" / "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, _FOLDER], check=True
    )
    (wheel,) = tmp_path.glob("quiforme_anomalies-*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(tmp_path / "installed")
    carried = {path.name for path in (tmp_path / "installed" / "quiforme_anomalies").rglob("*.*")}
    assert {"py.typed", "anomalie.v1.schema.json", "etablissement_ferme.json"} <= carried
    (metadata,) = (tmp_path / "installed").glob("*.dist-info/METADATA")
    assert re.findall("^Requires-Dist: ([a-z-]+)", metadata.read_text(encoding="utf-8"), re.MULTILINE) == ["pydantic"]
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); import json, quiforme_anomalies as kit;"
        "[kit.parse(json.dumps(event)) for events in kit.exemples().values() for event in events]; kit.schema('alerte');"
        "print(sys.modules.keys() & {'quiforme', 'boto3', 'aws_lambda_powertools', 'jsonschema'} or 'alone')"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], env={}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "alone"
