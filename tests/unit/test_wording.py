"""The templates of sentences."""

from typing import Any

import pytest
from quiforme.anomalies.wording import filled

VALUES: dict[str, Any] = {
    "siret": "1",
    "vide": "",
    "jour": "2026-11-23",
    "long": "x" * 500,
    "texte": " a\t\n b ",
    "oui": True,
    "liste": ["b", "a", "b", "", None],
    "lignes": [{"nda": "1"}, {"nda": ""}, {"nda": "2", "source": "rs"}, {"nda": "1"}],
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{siret}", "1"),
        ("du {jour}", "du 23/11/2026"),
        ("{texte}.", "a b ."),
        ("{long}", "x" * 120 + "…"),
        ("{vide}, {rien}, {rien.du.tout}, {oui}", ", ".join(["non renseigné"] * 4)),
        ("{liste}", "b et a"),
        ("{liste.0} puis {liste.1}", "b puis a"),
        ("{lignes.nda}", "1 et 2"),
        ("{lignes.1.source}{lignes.0.nda}", "non renseigné1"),
        ("a[ {vide}]b", "ab"),
        ("a[ {siret}]b", "a 1b"),
        ("[{vide}|{siret}|c]", "1"),
        ("[{vide}|{rien}|c]", "c"),
        ("[{siret}[, {vide}][, {jour}]]", "1, 23/11/2026"),
        ("[[{vide}] {rien}|autre]", "autre"),
        ("<lignes: n° {nda}[ de {siret}]>", "n° 1 de 1 ; n° 2 de 1"),
        ("<lignes: {source}>", "France compétences, répertoire spécifique (RS)"),
        ("<rien: {nda}>", "non renseigné"),
        ("[<rien: {nda}>|aucune]", "aucune"),
    ],
)
def test_what_fills_a_place(template: str, text: str) -> None:
    assert filled(template, VALUES) == text


def test_what_a_source_writes_is_never_taken_for_a_template() -> None:
    assert filled("{siret}[ {siret}]", {"siret": "[ND] {jour} <x: |"}) == "[ND] {jour} <x: | [ND] {jour} <x: |"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["1", "2", "3"], "1, 2 et 3"),
        (["1", "2", "3", "4"], "1, 2, 3 et 1 autre"),
        (["1", "2", "3", "4", "5"], "1, 2, 3 et 2 autres"),
    ],
)
def test_the_first_values_of_a_list(values: list[str], text: str) -> None:
    assert filled("{liste}", {"liste": values}) == text


@pytest.mark.parametrize(("count", "text"), [(1, "1"), (2, "1 ; 2"), (3, "1 ; 2 et 1 autre"), (5, "1 ; 2 et 3 autres")])
def test_the_first_rows(count: int, text: str) -> None:
    assert filled("<lignes: {nda}>", {"lignes": [{"nda": n + 1} for n in range(count)]}) == text


@pytest.mark.parametrize("template", ["{Nda}", "[a", "a]", "a|b", "<lignes: a", "a>", "{nda", "[<lignes: a]>"])
def test_a_malformed_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"closed|closes|not a template"):
        filled(template, {})
