"""The same documents, made with pandas, lxml and boto3 in the usual way: one row, one fiche, one item at a time.

It covers a first run only: without a previous list there is no inactive NDA. Sirene knows each legal unit that is named,
so no name is looked for in a fiche.
"""

import csv
import json
import zipfile
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pandas as pd
from lxml import etree
from quiforme.identifiers import is_siren, is_siret, is_uai

from tools.bench.data import DAY
from tools.bench.project import MOST_INLINE, answer
from tools.fictitious_france.formats import annuaire, france_competences, liste_of, onisep, sirene

_DECLARED, _CERTIFIED = "informationsDeclarees.", "certifications."
_CATEGORIES = {
    "action_formation": "actionsDeFormation",
    "bilan_competences": "bilansDeCompetences",
    "validation_acquis_experience": "VAE",
    "apprentissage": "actionsDeFormationParApprentissage",
}

_REGISTRATIONS = {"Enregistrement de droit": "de droit", "Enregistrement sur demande": "sur demande"}
_WAYS = ("fi", "fc", "cq", "cl", "vae", "ca")
_SUCCESSORS = "NOUVELLES_CERTIFICATIONS/NOUVELLE_CERTIFICATION/ID_FICHE_NOUVELLE_CERTIFICATION"


@dataclass
class _Fiche:
    code: str
    active: bool
    decision: str | None
    end: str | None
    certifiers: list[str]
    shown: dict[str, Any]
    """What goes to `meta` beside each habilitation."""
    raw: dict[str, Any]
    """What goes there for the raw contract, once."""


class _Row(NamedTuple):
    active: bool
    trains: bool
    examines: bool
    since: str | None
    changed: str | None
    role: str


@dataclass
class _Habilitation:
    fiche: _Fiche
    rows: list[_Row] = field(default_factory=list)


@dataclass
class _Establishment:
    state: str
    since: date | None
    diffusion: str
    said: dict[str, Any] = field(default_factory=dict)
    """What goes to `meta` out of its own row and out of that of its legal unit."""


Document = dict[str, Any]


def documents(folder: Path) -> dict[str, tuple[Document, Document]]:
    """The documents of a drop by SIRET, with their details."""
    declared, sole, several = _declarations(folder / liste_of.FILE)
    habilitations = _habilitations(folder)
    uais, excluded = _schools(folder)
    sirets = declared | habilitations.keys()
    establishments = _establishments(folder / f"{sirene.STOCK}.parquet", sirets, sole)
    sirets |= establishments.keys()
    successors = _successors(folder / f"{sirene.LINKS}.parquet", establishments)
    _identify(folder, establishments)
    made = {}
    for siret in sirets - excluded:
        siren = siret[:9]
        rows = [sole[siren]] if siren in sole else several.get(siren, {}).get(siret, [])
        declarations = [_declaration(row, via_unite_legale=siren in sole) for row in rows]
        entries = sorted(habilitations.get(siret, {}).values(), key=_rank)
        document = {
            "siret": siret,
            "code_uai": uais.get(siret),
            "unite_legale_avec_plusieurs_nda": siren in several,
            "declarations_activites_etablissement": declarations,
            "habilitations_france_competence": [_habilitation(entry) for entry in entries],
        }
        known = establishments.get(siret)
        details = {
            "etablissement": {
                "etat_administratif": known.state if known else None,
                "date_fermeture": known.since.isoformat() if known and known.since and known.state == "F" else None,
                "siret_successeur": successors.get(siret),
                "diffusion_partielle": known.diffusion == "P" if known else None,
                **(known.said if known else {}),
                "source_identite": "liste_of" if siret in declared else "sirene",
            },
            "habilitations": {entry.fiche.code: _details(entry) for entry in entries},
            "fiches": {entry.fiche.code: entry.fiche.raw for entry in entries},
        }
        made[siret] = (document, details)
    return made


def _declarations(
    path: Path,
) -> tuple[set[str], dict[str, dict[str, str]], dict[str, dict[str, list[dict[str, str]]]]]:
    """The declared SIRETs, the row of each SIREN with one NDA, and of the others the rows by SIRET."""
    by_siren: dict[str, list[dict[str, str]]] = defaultdict(list)
    declared = set()
    for row in _csv(path):
        siret, siren = row["siretEtablissementDeclarant"].strip(), row["siren"].strip()
        if is_siret(siret):
            declared.add(siret)
            siren = siret[:9]
        elif not is_siren(siren):
            continue
        by_siren[siren].append(row)
    sole: dict[str, Any] = {}
    several: dict[str, Any] = {}
    for siren, rows in by_siren.items():
        rows.sort(key=_last_declared, reverse=True)  # stable: the first in the file wins among equals
        if len({row["numeroDeclarationActivite"].strip() for row in rows}) == 1:
            sole[siren] = rows[0]
            continue
        several[siren] = defaultdict(list)
        for row in rows:
            own = several[siren][row["siretEtablissementDeclarant"].strip()]
            if row["numeroDeclarationActivite"] not in [one["numeroDeclarationActivite"] for one in own]:
                own.append(row)
        for own in several[siren].values():
            own.sort(key=lambda row: row["numeroDeclarationActivite"])
            own.sort(key=_last_declared, reverse=True)
    return declared, sole, several


def _last_declared(row: dict[str, str]) -> str:
    return _iso(row[_DECLARED + "dateDerniereDeclaration"]) or ""


def _declaration(row: dict[str, str], *, via_unite_legale: bool) -> dict[str, Any]:
    flags = {name: row[_CERTIFIED + column].strip().lower() for name, column in _CATEGORIES.items()}
    return {
        "numero_de_declaration": row["numeroDeclarationActivite"].strip(),
        "actif": True,
        "date_derniere_declaration": _iso(row[_DECLARED + "dateDerniereDeclaration"]),
        "date_debut_exercice": _iso(row[_DECLARED + "debutExercice"]),
        "date_fin_exercice": _iso(row[_DECLARED + "finExercice"]),
        "certification_qualiopi": {
            **{name: flag == "true" for name, flag in flags.items()},
            "obtention_via_unite_legale": via_unite_legale if any(flags.values()) else None,
        },
        "specialites": {
            f"specialite_{slot}": {
                name: row[f"{_DECLARED}specialitesDeFormation.{name}Specialite{slot}"].strip() or None
                for name in ("code", "libelle")
            }
            for slot in (1, 2, 3)
        },
    }


def _habilitations(folder: Path) -> dict[str, dict[str, _Habilitation]]:
    found: dict[str, dict[str, _Habilitation]] = defaultdict(dict)

    def add(siret: str, fiche: _Fiche, row: _Row) -> None:
        found[siret].setdefault(fiche.code, _Habilitation(fiche)).rows.append(row)

    for register in ("RNCP", "RS"):
        for element in _fiches(folder / france_competences.file_name(register, DAY)):
            certifiers: dict[str, list[str | None]] = defaultdict(list)
            for certifier in element.iterfind("CERTIFICATEURS/CERTIFICATEUR"):
                siret = (certifier.findtext("SIRET_CERTIFICATEUR") or "").strip()
                if certifier.findtext("ETAT_CERTIFICATEUR") == "Actif" and is_siret(siret):
                    certifiers[siret].append(_iso(certifier.findtext("DATE_DERNIERE_MODIFICATION_ETAT")))
            fiche = _Fiche(
                (element.findtext("NUMERO_FICHE") or "").strip(),
                element.findtext("ACTIF") == "Oui",
                _iso(element.findtext("DATE_DECISION")),
                _iso(element.findtext("DATE_FIN_ENREGISTREMENT")),
                sorted(certifiers),
                {
                    "intitule": (element.findtext("INTITULE") or "").strip() or None,
                    "niveau": (element.findtext("NOMENCLATURE_EUROPE/NIVEAU") or "").strip() or None,
                    "remplacee_par": [(code.text or "").strip() for code in element.iterfind(_SUCCESSORS)],
                    "type_enregistrement": _REGISTRATIONS.get(element.findtext("TYPE_ENREGISTREMENT") or ""),
                    "date_effet": _iso(element.findtext("DATE_EFFET")),
                    "date_limite_delivrance": _iso(element.findtext("DATE_LIMITE_DELIVRANCE")),
                },
                {
                    "existence_partenaires": {"Oui": True, "Non": False}.get(
                        element.findtext("EXISTENCE_PARTENAIRES") or ""
                    ),
                    "accessibilite": [
                        way for way in _WAYS if element.findtext(f"SI_JURY_{way.upper()}/ACTIF") == "Oui"
                    ],
                },
            )
            for siret, changed in certifiers.items():
                add(siret, fiche, _Row(fiche.active, True, True, None, _latest(changed), "certificateur"))
            for partner in element.iterfind("PARTENAIRES/PARTENAIRE"):
                siret = (partner.findtext("SIRET_PARTENAIRE") or "").strip()
                state = partner.findtext("ETAT_HABILITATION") or partner.findtext("ETAT_PARTENAIRE")
                if state == "Supprimé" or not is_siret(siret):
                    continue
                role = partner.findtext("HABILITATION_PARTENAIRE")
                both = role == "HABILITATION_ORGA_FORM"
                add(
                    siret,
                    fiche,
                    _Row(
                        state == "Actif" and fiche.active,
                        both or role == "HABILITATION_FORMER",
                        both or role == "HABILITATION_ORGANISER",
                        _iso(partner.findtext("DATE_ACTIF")),
                        _iso(partner.findtext("DATE_DERNIERE_MODIFICATION_ETAT")),
                        "partenaire",
                    ),
                )
    return found


def _fiches(path: Path) -> Iterator[etree._Element]:
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as stream:
        for _, element in etree.iterparse(stream, tag="FICHE"):
            yield element
            element.clear()


def _habilitation(entry: _Habilitation) -> dict[str, Any]:
    counted = _counted(entry)
    return {
        "code": entry.fiche.code,
        "actif": counted[0].active,
        "date_actif": min((row.since for row in counted if row.since), default=None),
        "date_fin_enregistrement": entry.fiche.end,
        "date_decision": entry.fiche.decision,
        "habilitation_pour_former": any(row.trains for row in counted),
        "habilitation_pour_organiser_l_evaluation": any(row.examines for row in counted),
        "sirets_organismes_certificateurs": entry.fiche.certifiers,
    }


def _details(entry: _Habilitation) -> dict[str, Any]:
    counted = _counted(entry)
    roles = {row.role for row in counted}
    return {
        **entry.fiche.shown,
        "role": [role for role in ("partenaire", "certificateur") if role in roles],
        "etat_depuis": _latest(row.changed for row in counted),
    }


def _counted(entry: _Habilitation) -> list[_Row]:
    """The active rows, if there are any; else all."""
    return [row for row in entry.rows if row.active] or entry.rows


def _latest(days: Iterable[str | None]) -> str | None:
    return max(filter(None, days), default=None)


def _rank(entry: _Habilitation) -> tuple[bool, int]:
    code = entry.fiche.code
    return code.startswith("RS"), int(code.lstrip("RNCPS"))


def _schools(folder: Path) -> tuple[dict[str, str], set[str]]:
    """The UAI of each SIRET, and the SIRETs out of perimeter."""
    ranked: dict[str, list[tuple[int, str]]] = defaultdict(list)
    excluded = set()
    for row in _csv(folder / annuaire.FILE):
        uai, siret = row["Identifiant_de_l_etablissement"].strip(), row["SIREN_SIRET"].strip()
        if not is_siret(siret):
            continue
        if row["Type_contrat_prive"].strip() == "HORS CONTRAT" or row["Lycee_Agricole"].strip() == "1":
            excluded.add(siret)
        if is_uai(uai):
            ranked[siret].append((3 if row["etat"].strip() == "OUVERT" else 4, uai))
    for organisme in json.loads((folder / onisep.FILE).read_bytes())["organismes"]:
        if is_uai(organisme.get("uai") or "") and is_siret(organisme["siret"]):
            ranked[organisme["siret"]].append((2, organisme["uai"]))
    complement = files("quiforme").joinpath("pipeline/documents/complement_uai.csv").read_text().splitlines()
    for row in csv.DictReader(complement):
        ranked[row["siret"]].append((1, row["uai"]))
    return {siret: min(those)[1] for siret, those in ranked.items()}, excluded


def _establishments(path: Path, sirets: set[str], sole: Container[str]) -> dict[str, _Establishment]:
    """The named establishments, and the active ones of the SIRENs with one NDA."""
    found = {}
    columns = ["siret", "etatAdministratifEtablissement", "dateDebut", "statutDiffusionEtablissement"]
    for siret, state, since, diffusion in _parquet(path, columns):
        if siret in sirets or (state == "A" and siret[:9] in sole):
            found[siret] = _Establishment(state, since, diffusion)
    return found


def _identify(folder: Path, establishments: dict[str, _Establishment]) -> None:
    """Add what Sirene says of each establishment, and of its legal unit."""
    columns = ["siren", "activitePrincipaleUniteLegale", "categorieJuridiqueUniteLegale", "nicSiegeUniteLegale"]
    sirens = {siret[:9] for siret in establishments}
    units = {
        siren: (activity, f"{category:04d}", siren + seat)
        for siren, activity, category, seat in _parquet(folder / f"{sirene.UNITS}.parquet", columns, among=sirens)
    }
    names = ("etablissementSiege", "activitePrincipaleEtablissement", "dateCreationEtablissement")
    stock = _parquet(folder / f"{sirene.STOCK}.parquet", ["siret", *names], among=establishments)
    for siret, is_seat, activity, created in stock:
        unit_activity, category, seat = units[siret[:9]]
        establishments[siret].said = {
            "activite_principale": activity,
            "categorie_juridique": category,
            "activite_principale_unite_legale": unit_activity,
            "siege": is_seat,
            "siret_siege": seat,
            "date_creation": created.isoformat(),
        }


def _successors(path: Path, establishments: Container[str]) -> dict[str, str]:
    latest: dict[str, tuple[date, str]] = {}
    columns = ["siretEtablissementPredecesseur", "siretEtablissementSuccesseur", "dateLienSuccession"]
    for predecessor, successor, on in _parquet(path, columns):
        if predecessor not in establishments:
            continue
        known = latest.get(predecessor)
        if known is None or on > known[0] or (on == known[0] and successor < known[1]):
            latest[predecessor] = (on, successor)
    return {predecessor: successor for predecessor, (_, successor) in latest.items()}


def _csv(path: Path) -> list[dict[str, str]]:
    frame = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    rows: list[dict[str, str]] = frame.to_dict("records")
    return rows


def _parquet(path: Path, columns: list[str], *, among: Iterable[str] | None = None) -> Iterator[tuple[Any, ...]]:
    """The rows, or those whose first column is among these."""
    filters = None if among is None else [(columns[0], "in", list(among))]
    frame = pd.read_parquet(path, columns=columns, filters=filters)
    rows: Iterator[tuple[Any, ...]] = frame.itertuples(index=False, name=None)
    return rows


def _iso(text: str | None) -> str | None:
    try:
        return datetime.strptime((text or "").strip(), "%d/%m/%Y").date().isoformat()
    except ValueError:
        return None


def write(documents: dict[str, tuple[Document, Document]]) -> None:
    """Write the documents one by one, as maps, through boto3's batch writer, without the network."""
    resource = boto3.resource(
        "dynamodb", region_name="eu-west-3", aws_access_key_id="none", aws_secret_access_key="none"
    )
    resource.meta.client.meta.events.register("before-send.dynamodb.BatchWriteItem", answer)
    with resource.Table("documents").batch_writer() as writer:
        for siret, (data, details) in documents.items():
            if len(data["habilitations_france_competence"]) < MOST_INLINE:
                writer.put_item(Item={"siret": siret, "document": data, "details": details})
