"""The establishment documents, as document.md derives them from the rows in use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .identifiers import fiche_order, valid_siret, valid_uai
from .reading import CATEGORIES, DirectoryRow, OfRow, Snapshot

Document = dict[str, object]
Declaration = dict[str, object]

# The complement list: the CNED head office is in no directory.
COMPLEMENT: dict[str, str] = {"18004301001485": "0861288H"}


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def or_null(text: str) -> str | None:
    return text if text else None


# --- NDAs -----------------------------------------------------------------------------------------------------


def ndas_by_siren(rows: list[OfRow]) -> dict[str, list[str]]:
    """N(siren): the distinct NDAs of the current OF list for that SIREN."""
    ndas: dict[str, list[str]] = {}
    for row in rows:
        siren = row.siren()
        if siren is None or not row.nda:
            continue  # a row with neither SIRET nor SIREN is only reported
        known = ndas.setdefault(siren, [])
        if row.nda not in known:
            known.append(row.nda)
    return ndas


def replaced_by_siren(rows: list[OfRow]) -> dict[str, set[str]]:
    """The NDAs that the listed rows of a SIREN name in numerosDeclarationActivitePrecedent."""
    replaced: dict[str, set[str]] = {}
    for row in rows:
        siren = row.siren()
        if siren is not None:
            replaced.setdefault(siren, set()).update(row.previous_ndas)
    return replaced


def row_to_keep(rows: list[OfRow]) -> OfRow:
    """The same NDA on several rows: keep the latest dateDerniereDeclaration, then the first in the file."""
    best = rows[0]
    for row in rows[1:]:
        if (row.date_derniere_declaration or date.min) > (best.date_derniere_declaration or date.min):
            best = row
    return best


def declaration(row: OfRow, via_unite_legale: bool) -> Declaration:
    qualiopi: dict[str, bool | None] = {}
    for category in CATEGORIES:
        qualiopi[category] = row.qualiopi[category] == "true"  # empty means false
    # null when the four columns are all empty (no Qualiopi application); else true when |N| = 1
    applied = any(row.qualiopi[category] for category in CATEGORIES)
    qualiopi["obtention_via_unite_legale"] = via_unite_legale if applied else None
    specialites = {}
    for slot, (code, libelle) in enumerate(row.specialites, start=1):
        specialites[f"specialite_{slot}"] = {"code": or_null(code), "libelle": or_null(libelle)}
    return {
        "numero_de_declaration": row.nda,
        "actif": True,
        "date_derniere_declaration": iso(row.date_derniere_declaration),
        "date_debut_exercice": iso(row.date_debut_exercice),
        "date_fin_exercice": iso(row.date_fin_exercice),
        "certification_qualiopi": qualiopi,
        "specialites": specialites,
    }


def made_inactive(active: Declaration) -> Declaration:
    """`actif: false`, its four Qualiopi flags `false` and `obtention_via_unite_legale: null`."""
    qualiopi: dict[str, bool | None] = dict.fromkeys(CATEGORIES, False)
    qualiopi["obtention_via_unite_legale"] = None
    return {**active, "actif": False, "certification_qualiopi": qualiopi}


def in_order(declarations: list[Declaration]) -> list[Declaration]:
    """Active first, then latest `date_derniere_declaration`, then NDA."""
    ordered = sorted(declarations, key=lambda one: str(one["numero_de_declaration"]))
    ordered.sort(key=lambda one: str(one["date_derniere_declaration"] or ""), reverse=True)
    ordered.sort(key=lambda one: not one["actif"])
    return ordered


# --- habilitations --------------------------------------------------------------------------------------------


@dataclass
class Right:
    """One partner or certifier row, for one SIRET and one fiche code."""

    partner: bool
    active: bool
    former: bool
    organiser: bool
    date_actif: date | None


@dataclass
class Habilitation:
    """The merged rows of one (SIRET, fiche code)."""

    entry: dict[str, object]
    active: bool
    trains_as_partner: bool  # a counted partner row allows training


def habilitations(snapshot: Snapshot) -> dict[str, dict[str, Habilitation]]:
    """By SIRET, then fiche code; the perimeter is ignored."""
    rights: dict[tuple[str, str], list[Right]] = {}
    fiche_facts: dict[str, dict[str, object]] = {}
    for fiche in snapshot.fiches():
        in_force = fiche.actif == "Oui"
        certifiers = set()
        for partner in fiche.partners:
            # `Supprimé` rows are ignored
            if not valid_siret(partner.siret) or partner.etat == "Supprimé":
                continue
            right = Right(
                partner=True,
                # active when the state is `Actif` and FICHE/ACTIF is `Oui`
                active=partner.etat == "Actif" and in_force,
                former=partner.habilitation in ("HABILITATION_FORMER", "HABILITATION_ORGA_FORM"),
                organiser=partner.habilitation in ("HABILITATION_ORGANISER", "HABILITATION_ORGA_FORM"),
                date_actif=partner.date_actif,
            )
            rights.setdefault((partner.siret, fiche.code), []).append(right)
        for certifier in fiche.certifiers:
            # An inactive certifier row gives nothing.
            if not valid_siret(certifier.siret) or certifier.etat != "Actif":
                continue
            certifiers.add(certifier.siret)
            # the certifier may do both; active when FICHE/ACTIF is `Oui`
            right = Right(partner=False, active=in_force, former=True, organiser=True, date_actif=None)
            rights.setdefault((certifier.siret, fiche.code), []).append(right)
        if fiche.code not in fiche_facts:
            fiche_facts[fiche.code] = {
                "date_fin_enregistrement": iso(fiche.date_fin_enregistrement),
                "date_decision": iso(fiche.date_decision),
                "sirets_organismes_certificateurs": sorted(certifiers),
            }

    merged: dict[str, dict[str, Habilitation]] = {}
    for (siret, code), rows in rights.items():
        # if any row is active, only the active rows count
        active = any(row.active for row in rows)
        counted = [row for row in rows if row.active] if active else rows
        dates = [row.date_actif for row in counted if row.date_actif is not None]
        facts = fiche_facts[code]
        entry: dict[str, object] = {
            "code": code,
            "actif": active,
            "date_actif": iso(min(dates)) if dates else None,
            "date_fin_enregistrement": facts["date_fin_enregistrement"],
            "date_decision": facts["date_decision"],
            "habilitation_pour_former": any(row.former for row in counted),
            "habilitation_pour_organiser_l_evaluation": any(row.organiser for row in counted),
            "sirets_organismes_certificateurs": facts["sirets_organismes_certificateurs"],
        }
        trains = active and any(row.partner and row.former for row in counted)
        merged.setdefault(siret, {})[code] = Habilitation(entry, active, trains)
    return merged


# --- UAI and perimeter ----------------------------------------------------------------------------------------


def usable_directory_rows(snapshot: Snapshot) -> dict[str, list[DirectoryRow]]:
    """By SIRET; rows whose UAI key or SIRET is wrong are ignored."""
    usable: dict[str, list[DirectoryRow]] = {}
    for row in snapshot.annuaire_education or []:
        if valid_uai(row.uai) and valid_siret(row.siret):
            usable.setdefault(row.siret, []).append(row)
    return usable


def onisep_uais(snapshot: Snapshot) -> dict[str, list[str]]:
    """By SIRET, the validated `uai`s; rows whose UAI key or SIRET is wrong are ignored."""
    usable: dict[str, list[str]] = {}
    for organisation in snapshot.referentiel_onisep or []:
        if valid_uai(organisation.uai) and valid_siret(organisation.siret):
            usable.setdefault(organisation.siret, []).append(organisation.uai)
    return usable


def code_uai(siret: str, onisep: dict[str, list[str]], directory: dict[str, list[DirectoryRow]]) -> str | None:
    """First found of: the complement list, the ONISEP référentiel, the directory."""
    if siret in COMPLEMENT:
        return COMPLEMENT[siret]
    if siret in onisep:
        return min(onisep[siret])
    if siret in directory:
        rows = directory[siret]
        # prefer `etat = OUVERT`, then the smallest
        opened = [row.uai for row in rows if row.etat == "OUVERT"]
        return min(opened) if opened else min(row.uai for row in rows)
    return None


def excluded_sirets(snapshot: Snapshot, exclusions: tuple[str, ...]) -> set[str]:
    """A SIRET is excluded when any directory row that names it bears the mark."""
    excluded = set()
    for row in snapshot.annuaire_education or []:
        hors_contrat = "hors_contrat" in exclusions and row.contrat == "HORS CONTRAT"
        lycee_agricole = "lycee_agricole" in exclusions and row.lycee_agricole == "1"
        if (hors_contrat or lycee_agricole) and valid_siret(row.siret):
            excluded.add(row.siret)
    return excluded


# --- documents ------------------------------------------------------------------------------------------------


def build(snapshot: Snapshot, inactive: dict[tuple[str, str], Declaration]) -> dict[str, Document]:
    """Every document by SIRET, the perimeter ignored; `inactive` maps (SIRET, NDA) to the declaration still carried."""
    of_rows = snapshot.liste_of or []
    n = ndas_by_siren(of_rows)
    held = habilitations(snapshot)

    # Which SIRETs have a document
    sirets: set[str] = set()
    for row in of_rows:  # 1. every valid SIRET declared in the OF list
        if valid_siret(row.siret):
            sirets.add(row.siret)
    for siret in held:  # 2. every valid SIRET that a fiche names as a partner or as a certifier
        sirets.add(siret)
    for siret, establishment in (snapshot.sirene or {}).items():  # 3. propagation
        if establishment.etat == "A" and len(n.get(siret[:9], [])) == 1 and valid_siret(siret):
            sirets.add(siret)
    inactive_by_siret: dict[str, list[Declaration]] = {}
    for (siret, _nda), carried in inactive.items():  # 4. every SIRET that still carries an inactive NDA
        sirets.add(siret)
        inactive_by_siret.setdefault(siret, []).append(carried)

    rows_of_siren: dict[str, list[OfRow]] = {}
    rows_of_siret: dict[str, list[OfRow]] = {}
    for row in of_rows:
        siren = row.siren()
        if siren is not None and row.nda:
            rows_of_siren.setdefault(siren, []).append(row)
        if valid_siret(row.siret) and row.nda:
            rows_of_siret.setdefault(row.siret, []).append(row)

    onisep = onisep_uais(snapshot)
    directory = usable_directory_rows(snapshot)
    documents: dict[str, Document] = {}
    for siret in sorted(sirets):
        siren = siret[:9]
        ndas = n.get(siren, [])
        # |N| = 1: the NDA belongs to every document of that SIREN;
        # |N| > 1: a document carries the NDAs declared for that SIRET only.
        rows = rows_of_siren.get(siren, []) if len(ndas) == 1 else rows_of_siret.get(siret, [])
        by_nda: dict[str, list[OfRow]] = {}
        for row in rows:
            by_nda.setdefault(row.nda, []).append(row)
        declarations = [declaration(row_to_keep(same), len(ndas) == 1) for same in by_nda.values()]
        declarations += inactive_by_siret.get(siret, [])
        entries = held.get(siret, {})
        documents[siret] = {
            "siret": siret,
            "code_uai": code_uai(siret, onisep, directory),
            "unite_legale_avec_plusieurs_nda": len(ndas) > 1,
            "declarations_activites_etablissement": in_order(declarations),
            "habilitations_france_competence": [entries[code].entry for code in sorted(entries, key=fiche_order)],
        }
    return documents


def active_ndas(document: Document) -> dict[str, Declaration]:
    """The active declarations of a document, by NDA."""
    found: dict[str, Declaration] = {}
    declarations = document["declarations_activites_etablissement"]
    assert isinstance(declarations, list)
    for one in declarations:
        if one["actif"]:
            found[one["numero_de_declaration"]] = one
    return found
