"""Rows as the readers and the documents store them, for the rules to read."""

from datetime import date, timedelta
from typing import Any

from quiforme.sources.catalogue import BY_NAME

Row = dict[str, Any]
Tables = dict[str, list[Row]]

DAY = date(2026, 11, 23)
"""The first day of a life: the run's day."""
SIRET, SIBLING = "81841109200013", "81841109200021"  # of one legal unit
CLOSED, OTHER = "35600000000001", "35600000000002"
NDA, SECOND = "11750000001", "11750000002"
UAI, LAST_UAI = "0861288H", "0861289J"
ADDRESS = {"voie": "12 RUE DES ECOLES", "code_postal": "75011", "ville": "PARIS"}
CATEGORIES = ("action_formation", "bilan_competences", "validation_acquis_experience", "apprentissage")


def days_before(number: int) -> date:
    """The day that many days before the run's day."""
    return DAY - timedelta(days=number)


def of(line: int = 1, *, nda: str = NDA, siret: str = SIRET, valid: bool = True, **more: Any) -> Row:
    """A row of the OF list; each date also as the source writes it."""
    siren = siret[:9]
    written = {
        f"{name}_source": value.strftime("%d/%m/%Y")
        for name, value in more.items()
        if name.startswith("date_") and isinstance(value, date)
    }
    return {
        "line": line,
        "nda": nda,
        "siret": siret,
        "siren": siren,
        "siret_valide": valid,
        "siren_retenu": siren if valid else None,
        "ndas_precedents": [],
        **written,
        **more,
    }


def held(siret: str = SIRET, *, code: str = "RNCP1", active: bool = True, trains: bool = True) -> Row:
    """An entry of habilitations_france_competence."""
    return {"siret": siret, "code": code, "actif": active, "pour_former_comme_partenaire": trains}


def declared(siret: str = SIRET, *, nda: str = NDA, active: bool = True, **qualiopi: bool) -> Row:
    """An entry of declarations_activites_etablissement."""
    return {"siret": siret, "nda": nda, "actif": active, **dict.fromkeys(CATEGORIES, False), **qualiopi}


def stock(siret: str = SIRET, etat: str = "A", commune: str = "75056", debut: date | None = date(2020, 1, 1)) -> Row:
    """An establishment of Sirene."""
    return {"siret": siret, "etat": etat, "code_commune": commune, "date_debut": debut}


def place(
    score: float | None,
    citycode: str | None = None,
    address: dict[str, str] = ADDRESS,
    runner_up: float | None = None,
) -> Row:
    """An answer of the geocoder; `runner_up` is the score of the second best."""
    found = {"score": score, "score_suivant": runner_up, "citycode": citycode, "label": "12 Rue des Écoles"}
    return {"adresse": address, **found, "demandee": DAY}


def document(siret: str = SIRET) -> Row:
    """A SIRET that has a current document."""
    return {"id": siret, "etat": "document"}


def school(uai: str | None = UAI, siret: str = SIRET, etat: str = "OUVERT", kind: str | None = "Lycée") -> Row:
    """A row of the directory."""
    return {"uai": uai, "siret": siret, "etat": etat, "type_etablissement": kind}


def onisep(uai: str | None = UAI, siret: str = SIRET, rank: int = 1) -> Row:
    """An organisation of ONISEP's référentiel."""
    return {"rank": rank, "siret": siret, "uai": uai}


def fiche(
    code: str = "RNCP1", *, active: bool = True, end: date | None = None, kind: str | None = "sur demande"
) -> Row:
    """A fiche."""
    return {"code": code, "actif": active, "date_fin_enregistrement": end, "type_enregistrement": kind}


def partner(siret: str = SIRET, etat: str | None = "Actif", code: str = "RNCP1") -> Row:
    """A partner of a fiche."""
    return {"code": code, "siret": siret, "etat": etat, "habilitation": "HABILITATION_FORMER"}


def certifier(siret: str = CLOSED, etat: str | None = "Actif", code: str = "RNCP1") -> Row:
    """A certifier of a fiche."""
    return {"code": code, "siret": siret, "etat": etat}


def gone(nda: str = NDA, siret: str = SIRET, **more: Any) -> Row:
    """An NDA that left the list, as the documents store it."""
    return {"nda": nda, "siren": siret[:9], "line": 1, "siret": siret, "depuis": DAY, **more}


def source_used(source: str = "liste_of", **more: Any) -> Row:
    """The outcome of a source."""
    row = {"source": source, "state": "accepted", "file": "f", "day": DAY, "rows_set_aside": 0}
    return row | {"stale_after_days": BY_NAME[source].stale_after_days} | more
