"""What the documents in force lose by a run, and what the calendar had announced."""

from datetime import date, timedelta
from typing import Any

import pytest
from quiforme.pipeline.losses import LossLimits
from quiforme.registry.ports import Losses

from tests.unit.documents.days import Days
from tests.unit.rules.rows import (
    CATEGORIES,
    CLOSED,
    DAY,
    NDA,
    OTHER,
    SECOND,
    SIBLING,
    SIRET,
    UAI,
    Row,
    Tables,
    certifier,
    fiche,
    of,
    onisep,
    partner,
    school,
    stock,
)

BASE: Tables = {"liste_of": [of()]}
ALL: dict[str, Any] = dict.fromkeys(CATEGORIES, True)
ENDS = DAY + timedelta(days=1)
"""The day of the second run."""


def kinds(days: Days) -> dict[str, int]:
    """How many documents lost each thing by the last run."""
    assert days.lost
    assert days.lost.in_force >= days.lost.losing
    return days.lost.kinds


def after(days: Days, first: Tables, second: Tables) -> dict[str, int]:
    """What the second of two days loses."""
    days.build(first)
    assert kinds(days) == {}
    days.build(second)
    return kinds(days)


def test_the_same_again_loses_nothing(days: Days) -> None:
    rows: Tables = {
        "liste_of": [of(**ALL)],
        "fiches_rncp": [fiche()],
        "partenaires_rncp": [partner()],
        "annuaire_education": [school()],
    }
    assert after(days, rows, rows) == {}
    assert days.lost == Losses(in_force=1, losing=0, kinds={}, examples={}, percent=5, least=1)


# --- each kind ----------------------------------------------------------------------------------------------


def test_a_document_that_is_no_longer_one(days: Days) -> None:
    rows: Tables = {"liste_of": [of()], "sirene": [stock(SIBLING)]}
    assert after(days, rows, BASE) == {"retired": 1}
    assert days.lost
    assert days.lost.examples == {SIBLING: ["retired"]}
    assert days.lost.in_force == 2


def test_leaving_the_perimeter_is_the_same_to_callers(days: Days) -> None:
    rows: Tables = {**BASE, "annuaire_education": [school() | {"lycee_agricole": True}]}
    assert after(days, BASE, rows) == {"retired": 1}
    # It is in force no longer: what it loses until it comes back is no loss.
    days.build({"annuaire_education": [school()]})
    assert (kinds(days), days.lost and days.lost.in_force) == ({}, 0)


def test_the_last_active_nda_and_with_it_what_it_gave(days: Days) -> None:
    certified: Tables = {"liste_of": [of(apprentissage=True)]}
    assert after(days, certified, {}) == {"active_nda": 1, "apprentissage": 1}
    assert days.lost
    assert (days.lost.losing, days.lost.examples) == (1, {SIRET: ["active_nda", "apprentissage"]})


def test_not_an_nda_beside_another(days: Days) -> None:
    assert after(days, {"liste_of": [of(1), of(2, nda=SECOND)]}, BASE) == {}


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_qualiopi_category(days: Days, category: str) -> None:
    certified: Tables = {"liste_of": [of(**ALL)]}
    less: Tables = {"liste_of": [of(**ALL | {category: False})]}
    assert after(days, certified, less) == {category: 1}


def test_not_a_category_that_another_nda_gives(days: Days) -> None:
    both: Tables = {"liste_of": [of(1, apprentissage=True), of(2, nda=SECOND, apprentissage=True)]}
    one: Tables = {"liste_of": [of(1, apprentissage=False), of(2, nda=SECOND, apprentissage=True)]}
    assert after(days, both, one) == {}


@pytest.mark.parametrize(
    "partners", [[], [partner(etat="Inactif")], [partner(etat="Supprimé")]], ids=["gone", "inactive", "deleted"]
)
def test_every_habilitation(days: Days, partners: list[Row]) -> None:
    fiches: Tables = {**BASE, "fiches_rncp": [fiche()]}
    assert after(days, {**fiches, "partenaires_rncp": [partner()]}, {**fiches, "partenaires_rncp": partners}) == {
        "habilitations": 1
    }


def test_not_what_a_document_never_had(days: Days) -> None:
    fiches: Tables = {**BASE, "fiches_rncp": [fiche()]}
    assert after(days, {**fiches, "partenaires_rncp": [partner(etat="Inactif")]}, fiches) == {}


def test_several_habilitations_are_one_loss(days: Days) -> None:
    fiches: Tables = {**BASE, "fiches_rncp": [fiche(), fiche("RNCP2")]}
    two: Tables = {**fiches, "partenaires_rncp": [partner(), partner(code="RNCP2")]}
    assert after(days, two, fiches) == {"habilitations": 1}


def test_not_a_habilitation_beside_another(days: Days) -> None:
    fiches: Tables = {**BASE, "fiches_rncp": [fiche(), fiche("RNCP2")]}
    two: Tables = {**fiches, "partenaires_rncp": [partner(), partner(code="RNCP2")]}
    assert after(days, two, {**fiches, "partenaires_rncp": [partner(code="RNCP2")]}) == {}


def test_the_uai_and_not_another_code(days: Days) -> None:
    schools: Tables = {**BASE, "annuaire_education": [school()]}
    assert after(days, schools, {**BASE, "referentiel_onisep": [onisep("0861289J")]}) == {}
    days.build(BASE)
    assert kinds(days) == {"uai": 1}


def test_what_an_earlier_version_did_not_store_is_not_lost(days: Days) -> None:
    days.build({**BASE, "annuaire_education": [school()]})
    days.database.execute("DELETE FROM previous.uai_codes")
    days.build(BASE)
    assert kinds(days) == {}


# --- what the calendar announced -----------------------------------------------------------------------------


@pytest.mark.parametrize("register", ["rncp", "rs"])
@pytest.mark.parametrize(
    ("end", "lost"),
    [(DAY, {}), (ENDS, {}), (ENDS + timedelta(days=1), {"habilitations": 1}), (None, {"habilitations": 1})],
)
def test_a_fiche_that_reached_its_end(days: Days, register: str, end: date | None, lost: dict[str, int]) -> None:
    code = f"{register.upper()}1"
    announced = fiche(code, end=end)
    partners: Tables = {**BASE, f"partenaires_{register}": [partner(code=code)]}
    first: Tables = {**partners, f"fiches_{register}": [announced]}
    assert after(days, first, {**partners, f"fiches_{register}": [announced | {"actif": False}]}) == lost


def test_a_date_that_is_rewritten_today_announced_nothing(days: Days) -> None:
    partners: Tables = {**BASE, "partenaires_rncp": [partner()]}
    first: Tables = {**partners, "fiches_rncp": [fiche()]}
    ended = fiche(end=DAY, active=False)
    assert after(days, first, {**partners, "fiches_rncp": [ended]}) == {"habilitations": 1}


def test_one_habilitation_ends_as_announced_and_the_other_does_not(days: Days) -> None:
    announced = fiche(end=ENDS)
    partners: Tables = {**BASE, "partenaires_rncp": [partner(), partner(code="RNCP2")]}
    first: Tables = {**partners, "fiches_rncp": [announced, fiche("RNCP2")]}
    both_off = [fiche(end=ENDS, active=False), fiche("RNCP2", active=False)]
    assert after(days, first, {**partners, "fiches_rncp": both_off}) == {"habilitations": 1}


@pytest.mark.parametrize(("end", "lost"), [(ENDS, {}), (None, {"retired": 1})])
def test_a_document_retired_with_the_fiche_that_made_it(days: Days, end: date | None, lost: dict[str, int]) -> None:
    first: Tables = {
        **BASE,
        "fiches_rncp": [fiche(end=end)],
        "certificateurs_rncp": [certifier(OTHER)],
    }
    assert after(days, first, BASE) == lost


def test_an_nda_whose_retention_ends(days: Days) -> None:
    """The document is retired for no other reason; what else it had goes with it."""
    days.build({**BASE, "annuaire_education": [school()]}, retention=3)
    days.build({"annuaire_education": [school()]}, retention=3)
    assert kinds(days) == {"active_nda": 1}
    assert days.build({"annuaire_education": [school()]}, after=2, retention=3).keys() == {SIRET}
    assert kinds(days) == {}
    assert days.build({}, retention=3) == {}
    assert kinds(days) == {}


def test_a_retention_that_ops_shorten_was_not_announced(days: Days) -> None:
    days.build(BASE, retention=30)
    days.build({}, retention=30)
    assert days.build({}, after=2, retention=2) == {}
    assert kinds(days) == {"retired": 1}


def test_an_nda_that_goes_before_its_retention_ends(days: Days) -> None:
    """It is listed again, for another establishment."""
    days.build(BASE)
    days.build({})
    assert days.build({"liste_of": [of(siret=OTHER)]}).keys() == {OTHER}
    assert kinds(days) == {"retired": 1}


def test_nor_for_a_row_of_the_list(days: Days) -> None:
    """The row lost its NDA before it vanishes."""
    days.build(BASE, retention=3)
    days.build({"liste_of": [of(nda="")]}, retention=3)
    assert days.build({}, after=3, retention=3) == {}
    assert kinds(days) == {"retired": 1}


def test_a_retention_that_ends_is_no_excuse_for_the_other_reasons(days: Days) -> None:
    """The document was named by a fiche too, whose partner vanishes on the same day."""
    fiches: Tables = {"fiches_rncp": [fiche()], "partenaires_rncp": [partner()]}
    days.build({**BASE, **fiches}, retention=3)
    days.build(fiches, retention=3)
    assert days.build({"fiches_rncp": [fiche()]}, after=3, retention=3) == {}
    assert kinds(days) == {"retired": 1}


# --- the limits ---------------------------------------------------------------------------------------------


def many(number: int, uai: bool) -> Tables:
    """Establishments of one legal unit; of some of them, a UAI code is known."""
    sirets = [f"356000000{rank:05}" for rank in range(number)]
    return {
        "liste_of": [of(siret=SIRET, siren_retenu="356000000")],
        "sirene": [stock(siret) for siret in sirets],
        "annuaire_education": [school(UAI, siret) for siret in sirets if uai and _valid(siret)],
    }


def _valid(siret: str) -> bool:
    return sum(map(int, siret)) % 5 == 0


@pytest.mark.parametrize(
    ("in_force", "losing", "percent", "least", "too_many"),
    [
        (100, 5, 5, 5, False),  # 5 % is not more than 5 %
        (100, 6, 5, 5, True),
        (100, 6, 5, 6, True),  # "at least"
        (100, 6, 5, 7, False),
        (10_000, 500, 5, 500, False),
        (9_999, 500, 5, 500, True),
        (9_000, 499, 5, 500, False),
        (600, 600, 100, 500, False),
        (0, 0, 5, 0, False),
    ],
)
def test_too_many(in_force: int, losing: int, percent: int, least: int, too_many: bool) -> None:
    assert Losses(in_force, losing, {}, {}, percent, least).too_many is too_many


def test_documents_are_counted_once_and_ten_examples_show_every_kind(days: Days) -> None:
    days.limits = LossLimits(percent=90, least=3)
    days.build(many(60, uai=True) | {"fiches_rncp": [fiche()], "partenaires_rncp": [partner(CLOSED)]})
    days.build({"fiches_rncp": [fiche()]})
    assert days.lost
    losses = days.lost
    assert (losses.percent, losses.least) == (90, 3)
    assert losses.in_force == losses.losing == losses.kinds["active_nda"] + losses.kinds.get("retired", 0)
    assert losses.too_many
    assert 0 < losses.kinds["uai"] < losses.losing
    assert len(losses.examples) == 10
    shown = {kind for kinds in losses.examples.values() for kind in kinds}
    assert shown == losses.kinds.keys()
    assert NDA not in str(losses.examples)
