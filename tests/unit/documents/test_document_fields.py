"""The documents, the exports and the API schema have the fields of pipeline/document_fields.py, in its order."""

from typing import Any

from quiforme.database import run_script
from quiforme.pipeline.document_fields import DECLARATION, DOCUMENT, HABILITATION, SQL, Field, Group, Object, Objects

from tests.unit.documents.days import Days
from tests.unit.rules.rows import SIRET, Tables, certifier, fiche, of, partner
from tools.openapi.description.bodies import ReponseDocument, schemas

TABLES: Tables = {
    "liste_of": [of()],
    "fiches_rncp": [fiche()],
    "partenaires_rncp": [partner()],
    "certificateurs_rncp": [certifier(SIRET)],
}
BESIDE = ["role", "etat_depuis", "type_enregistrement", "date_effet", "date_limite_delivrance", "intitule", "niveau"]
"""What the export says of a habilitation beside its document."""


def defined(group: Group) -> dict[str, Any]:
    """The keys of an object, those of the objects in it included."""
    return {member.name: None if isinstance(member, Field) else defined(member.group) for member in group.members}


def written(value: Any) -> Any:
    """The same of a JSON object; a list of objects has one here."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        [value] = value
    return {name: written(inner) for name, inner in value.items()} if isinstance(value, dict) else None


def ordered(keys: Any) -> list[Any]:
    """Keys that are compared with their order."""
    return [(name, ordered(inner)) for name, inner in (keys or {}).items()]


def test_a_document_has_every_field_in_order(days: Days) -> None:
    document = days.build(TABLES)[SIRET]
    assert ordered(written(document)) == ordered(defined(DOCUMENT))


def test_the_parquet_export_has_every_field_of_the_lists(days: Days) -> None:
    days.build(TABLES)
    run_script(days.database, "pipeline/exports.sql", parts=SQL)
    for name, group in (("declarations", DECLARATION), ("habilitations", HABILITATION)):
        [(entry,)] = days.database.execute(f"SELECT {name}[1] FROM export_parquet").fetchall()
        beside = list(entry)[len(list(flat(group))) :]
        assert list(entry) == [*(field.export or field.name for field in flat(group)), *beside]
        assert beside == (BESIDE if name == "habilitations" else [])


def flat(group: Group) -> list[Field]:
    """The values of an object, those of the objects in it included."""
    found: list[Field] = []
    for member in group.members:
        assert not isinstance(member, Objects)
        found += flat(member.group) if isinstance(member, Object) else [member]
    return found


def test_the_schema_has_every_field() -> None:
    made = schemas([ReponseDocument])
    for group in (DOCUMENT, DECLARATION, HABILITATION):
        schema = made[group.schema]
        assert list(schema["properties"]) == schema["required"] == [member.name for member in group.members]
        assert schema["additionalProperties"] is False
