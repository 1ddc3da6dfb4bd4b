"""The exports of plain rows: their columns, masked where a person objects, and safe in a spreadsheet."""

import json
from datetime import date
from typing import Any

import pytest
from quiforme.api import document
from quiforme.database import run_script
from quiforme.pipeline.document_fields import SQL
from quiforme.registry.ports import Item

from tests.unit.documents.days import Days, Json
from tests.unit.documents.test_identities import STREET, place, unit
from tests.unit.rules.rows import OTHER, SIRET, Tables, certifier, fiche, of, partner, stock

FORMULAS = ("=1+1", "+33 1", "-1", "@SUM(1)")


def exported(days: Days, name: str) -> list[Json]:
    """The rows of an export."""
    run_script(days.database, "pipeline/exports.sql", parts=SQL)
    cursor = days.database.execute(f"FROM export_{name}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def world(diffusion: str = "O", /, **said: Any) -> Tables:
    """One establishment of which everything is known."""
    known = {"siege": True, "date_creation": date(2017, 5, 24), "activite_principale": "85.59A", "enseigne": "CHEZ"}
    row = {
        **fiche(),
        "intitule": "Pâtissier",
        "niveau": "NIV3",
        "type_enregistrement": "de droit",
        "date_effet": date(2021, 3, 26),
        "date_limite_delivrance": date(2030, 1, 31),
    }
    return {
        "sirene": [{**stock(), "diffusion": diffusion}],
        "identites_sirene": [place(**{**STREET, **known, **said})],
        "unites_sirene": [unit(denomination="UNIT", categorie_juridique="5710")],
        "fiches_rncp": [row],
        "partenaires_rncp": [{**partner(), "date_etat": date(2025, 2, 28)}],
        "certificateurs_rncp": [certifier(SIRET)],
    }


def test_the_columns_beside_the_document(days: Days) -> None:
    days.build(world())
    beside = {
        "denomination": "UNIT",
        "voie": "12 B RUE DES ECOLES",
        "code_postal": "75005",
        "ville": "PARIS",
        "enseigne": "CHEZ",
        "code_commune": "75105",
        "activite_principale": "85.59A",
        "categorie_juridique": "5710",
        "siege": True,
        "date_creation": date(2017, 5, 24),
        "source_identite": "sirene",
    }
    [row] = exported(days, "parquet")
    assert {name: row[name] for name in beside} == beside
    [held] = row["habilitations"]
    assert {name: held[name] for name in list(held)[-7:]} == {
        "role": ["partenaire", "certificateur"],
        "etat_depuis": date(2025, 2, 28),
        "type_enregistrement": "de droit",
        "date_effet": date(2021, 3, 26),
        "date_limite_delivrance": date(2030, 1, 31),
        "intitule": "Pâtissier",
        "niveau": "NIV3",
    }
    [row] = exported(days, "csv")
    assert {name: row[name] for name in beside} == beside


@pytest.mark.parametrize("diffusion", ["P", "N"])
def test_who_objects_is_masked_in_every_form_as_in_the_api(days: Days, diffusion: str) -> None:
    tables = world(diffusion)
    days.build({**tables, "liste_of": [of(siret=OTHER, denomination="OTHER")]})
    hidden = {"denomination", "voie", "code_postal", "ville", "enseigne", "code_commune"}
    for form in ("parquet", "csv"):
        other, row = sorted(exported(days, form), key=lambda one: one["denomination"] == "[ND]")
        assert {name for name, value in row.items() if value == "[ND]"} == hidden
        assert "[ND]" not in other.values()
    for line in exported(days, "ndjson"):
        siret = json.loads(line["data"])["siret"]
        [[details, identity, masked]] = days.database.execute(
            "SELECT details, identite, non_diffusible FROM documents WHERE siret = ?", [siret]
        ).fetchall()
        item = Item(siret, "document", "2026-11-24", "{}", details, identity, non_diffusible=masked)
        said = json.loads(details)
        del said["fiches"]
        told = json.loads(document.identity_text(item, all_disclosed=False))
        assert json.loads(line["meta"]) == {**said, "etablissement": {**told, **said["etablissement"]}}
        assert masked == (siret == SIRET)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_text_of_the_csv_is_a_formula(days: Days, formula: str) -> None:
    street = dict.fromkeys(STREET) | dict.fromkeys(("libelle_voie", "code_postal", "libelle_commune"), formula)
    tables = world(enseigne=formula, activite_principale=formula, commune=formula, **street)
    tables["unites_sirene"] = [unit(denomination=formula, categorie_juridique=formula)]
    tables["liste_of"] = [of(nda=formula)]
    days.build(tables)
    [row] = exported(days, "csv")
    guarded = {name for name, value in row.items() if value == "'" + formula}
    assert formula not in row.values()
    assert guarded == {
        "denomination",
        "voie",
        "code_postal",
        "ville",
        "nda_actifs",
        "enseigne",
        "code_commune",
        "activite_principale",
        "categorie_juridique",
    }
