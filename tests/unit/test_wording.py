"""The templates of messages: what a value looks like in a text, and the filters."""

import os
import subprocess
import sys
from typing import Any

import pytest
from jinja2 import ChainableUndefined, TemplateSyntaxError, UndefinedError
from quiforme.anomalies.wording import ENVIRONMENT, rendered

VALUES: dict[str, Any] = {
    "siret": "1",
    "empty": "",
    "nothing": None,
    "day": "2026-11-23",
    "long": "x" * 500,
    "text": " a\t\n b ",
    "number": 0,
    "list": ["b", "a", "b", "", None],
    "rows": [{"nda": "1"}, {"nda": ""}, {"nda": "2"}, None, {"nda": "1"}],
    "records": [{"nda": ["1", ""]}, {"nda": ["2", "1"]}],
    "address": {"voie": "1 RUE X", "code_postal": "75011", "ville": "PARIS"},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ siret }}", "1"),
        ("{{ number }}", "0"),
        ("du {{ day }}", "du 23/11/2026"),
        ("{{ text }}.", "a b ."),
        ("a\n    b", "a b"),
        ("{{ long }}", "x" * 120 + "…"),
        ("{{ empty }}, {{ nothing }}", "non renseigné, non renseigné"),
        ("{{ list }}", "b et a"),
        ("{{ list[0] }} puis {{ list[1] }}", "b puis a"),
        ("{{ list | present | length }}", "3"),
        ('{{ rows | of("nda") }}', "1 et 2"),
        ('{{ records | of("nda") }}', "1 et 2"),
        ('{{ rows[2] | of("nda") }}', "2"),
        ('{% if nothing | of("nda") %}a{% else %}b{% endif %}', "b"),
        ("{% call(row) each(rows) %}n° {{ row.nda }}{% endcall %}", "n° 1 ; n° non renseigné et 1 autre"),
        ("{% call(row) each(rows) %}{% if row.nda %}n° {{ row.nda }}{% endif %}{% endcall %}", "n° 1 ; n° 2"),
        ("{% call(row) each(nothing) %}n° {{ row.nda }}{% endcall %}", "non renseigné"),
        ('{{ "rs" | source }}', "France compétences, répertoire spécifique (RS)"),
        ('{{ "toute autre" | source }}', "toute autre"),
        ('{{ ["11", "53", ""] | region }}', "Île-de-France et Bretagne"),
        (
            '{{ "97411" | commune }}, {{ "2A004" | commune }}, {{ "99" | commune }}',
            "97411 (La Réunion), 2A004 (Corse-du-Sud), 99",
        ),
        ('{{ "apprentissage" | categorie }}', "apprentissage"),
        ('{{ "Supprimé" | etat_habilitation }}, {{ "Non" | fiche_active }}', "supprimée, inactive"),
        ("{{ address | adresse }}", "« 1 RUE X, 75011 PARIS »"),
        ('{{ "[ND]" | adresse }}', "adresse non diffusible"),
        ('{{ {"voie": "", "code_postal": None} | adresse }}', "non renseigné"),
        ("{{ nothing | region }}", "non renseigné"),
    ],
)
def test_how_a_value_is_written(template: str, text: str) -> None:
    assert rendered(template, VALUES) == text


def test_what_a_source_writes_is_never_taken_for_a_template() -> None:
    value = "[ND] {{ day }} {% if %} <b> & |"
    assert rendered("{{ siret }}", {"siret": value}) == value


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["1"], "1"),
        (["1", "2", "3"], "1, 2 et 3"),
        (["1", "2", "3", "4"], "1, 2, 3 et 1 autre"),
        (["1", "2", "3", "4", "5"], "1, 2, 3 et 2 autres"),
    ],
)
def test_the_first_values_of_a_list(values: list[str], text: str) -> None:
    assert rendered("{{ list }}", {"list": values}) == text


@pytest.mark.parametrize(("count", "text"), [(1, "1"), (2, "1 ; 2"), (3, "1 ; 2 et 1 autre"), (5, "1 ; 2 et 3 autres")])
def test_the_first_records(count: int, text: str) -> None:
    records = [{"nda": n + 1} for n in range(count)]
    assert rendered("{% call(row) each(rows) %}{{ row.nda }}{% endcall %}", {"rows": records}) == text


MISSPELT = [
    "{{ misspelt }}",
    "{{ siret.misspelt }}",
    "{% if misspelt %}a{% endif %}",
    "{{ misspelt | region }}",
    '{{ rows | of("misspelt") }}',
    "{% call(row) each(misspelt) %}a{% endcall %}",
    "{% call(row) each(rows) %}{{ row.misspelt }}{% endcall %}",
]


@pytest.mark.parametrize("template", MISSPELT)
def test_a_misspelt_name_fails_the_tests(template: str) -> None:
    with pytest.raises(UndefinedError):
        rendered(template, VALUES)


@pytest.mark.parametrize("template", MISSPELT)
def test_evidence_of_an_older_version_stops_no_reconciliation(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "undefined", ChainableUndefined)
    assert rendered(template, VALUES) in ("", "non renseigné")


@pytest.mark.parametrize("template", ["{{ siret", "{% if siret %}a", "{{ siret | misspelt }}"])
def test_a_malformed_template_is_refused(template: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        rendered(template, VALUES)


def test_the_lookup_imports_no_template_engine() -> None:
    """It reads the catalogue, and its start is budgeted."""
    code = "import sys, quiforme.anomalies.catalogue, quiforme.api.routes; print('jinja2' in sys.modules)"
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
