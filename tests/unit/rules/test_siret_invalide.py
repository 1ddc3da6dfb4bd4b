"""`siret_invalide`: a source row's SIRET fails the SIRET rule."""

from typing import Any

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, SECOND, SIRET, Row, Tables, certifier, of, partner

WRONG = "81841109200014"


def row(line: int = 1, *, siret: str = WRONG, **more: Any) -> Row:
    """A row of the list without a valid SIRET."""
    return of(line, siret=siret, valid=False, **more)


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="majeure",
        cle={"source": "liste_of", "ligne": NDA, "valeur": WRONG},
        needs=("liste_of",),
        broken={"liste_of": [row(1), row(2)]},
        changed=None,
        mended={"liste_of": [of(1), of(2)]},
    )
    assert opened.constats == {"liste_of": {"nda": NDA, "siret": WRONG}}
    assert opened.about("nda", "siret", "code_fiche") == (NDA, None, None)
    # The evidence is the key: a row that says anything else is another anomaly, or the same one unchanged.
    assert life.play({"liste_of": [row(3, siren="356000000", siren_retenu="356000000", code_region="84")]}) == []
    kinds = {event.cle["valeur"]: event.kind for event in life.play({"liste_of": [row(siret="1")]})}
    assert kinds == {WRONG: "resolue", "1": "ouverte"}


def test_an_empty_one_counts_in_the_list(life: Life) -> None:
    assert life.finds({"liste_of": [row(siret="")]}) == {("liste_of", NDA, "")}


def test_an_empty_one_is_nothing_in_a_fiche(life: Life) -> None:
    assert life.finds({"partenaires_rncp": [partner("")], "certificateurs_rs": [certifier("")]}) == set()


@pytest.mark.parametrize("register", ["rncp", "rs"])
def test_the_active_partners_and_certifiers_of_fiches(life: Life, register: str) -> None:
    tables: Tables = {
        f"partenaires_{register}": [partner("1"), partner("1"), partner(SIRET)],
        f"certificateurs_{register}": [certifier("2"), certifier("35600000000003")],  # La Poste: no checksum
    }
    events = life.play(tables)
    assert sorted(tuple(event.cle.values()) for event in events) == [(register, "RNCP1", "1"), (register, "RNCP1", "2")]
    for event in events:
        assert event.constats == {"fiche": {"code": "RNCP1", "siret": event.cle["valeur"]}}
        assert event.about("code_fiche", "nda", "siret") == ("RNCP1", None, None)


@pytest.mark.parametrize("etat", ["Supprimé", "Inactif", None])
def test_deleted_and_inactive_rows_are_left_out(life: Life, etat: str | None) -> None:
    assert (
        life.finds({"partenaires_rncp": [partner("1", etat)], "certificateurs_rncp": [certifier("2", etat)]}) == set()
    )


def test_each_row_and_each_value_is_an_anomaly(life: Life) -> None:
    rows = [row(1), row(2, siret="1"), row(3, nda=SECOND)]
    assert life.finds({"liste_of": rows}) == {
        ("liste_of", NDA, WRONG),
        ("liste_of", NDA, "1"),
        ("liste_of", SECOND, WRONG),
    }


def test_what_is_known_of_the_body_comes_from_its_rows(life: Life) -> None:
    """The region of the first row that names one of today's, the SIREN of whichever row has one."""
    rows = [
        row(1, code_region="905"),
        row(3, code_region="84", siren_retenu="818411092"),
        row(2, code_region="75"),
    ]
    [opened] = life.play({"liste_of": rows})
    assert opened.about("region", "siren") == ("75", "818411092")
