"""What goes beside a document, in `meta`: who the establishment is, what Sirene says of it, and its habilitations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from .documents import Document, iso, or_null, row_to_keep
from .identifiers import fiche_order, valid_siret
from .reading import WAYS, Certifier, Establishment, Fiche, OfRow, Partner, Snapshot

Meta = dict[str, dict[str, Any]]
HIDDEN = "[ND]"
KINDS = {"Enregistrement de droit": "de droit", "Enregistrement sur demande": "sur demande"}
INSEE_ADDRESS = (
    "complement_adresse",
    "numero_voie",
    "indice_repetition",
    "type_voie",
    "libelle_voie",
    "distribution_speciale",
    "code_postal",
    "libelle_commune",
    "code_cedex",
    "libelle_cedex",
    "libelle_commune_etranger",
    "libelle_pays_etranger",
)


def meta(snapshot: Snapshot, documents: Mapping[str, Document]) -> dict[str, Meta]:
    """By SIRET, `etablissement` (unmasked, less the geocoder's address), `habilitations`, and for the raw format `fiches`."""
    found: dict[str, Meta] = {siret: {"etablissement": {}, "habilitations": {}, "fiches": {}} for siret in documents}
    fiches = {fiche.code: of_fiche(fiche) for fiche in snapshot.fiches()}
    by_siret: dict[str, list[OfRow]] = defaultdict(list)
    by_siren: dict[str, list[OfRow]] = defaultdict(list)
    for row in snapshot.liste_of or []:
        if valid_siret(row.siret):
            by_siret[row.siret].append(row)
        siren = row.siren()
        if siren:
            by_siren[siren].append(row)
    of_fiches = fiche_names(snapshot)
    for siret in documents:
        own = row_to_keep(by_siret[siret]) if siret in by_siret else None
        found[siret]["etablissement"] = establishment(
            siret, own, by_siren.get(siret[:9], []), of_fiches.get(siret), snapshot
        )
    for siret, code, said in of_habilitations(snapshot):
        if siret in found:
            found[siret]["habilitations"][code] = said
            found[siret]["fiches"][code] = fiches[code]
    return found


# --- who it is ------------------------------------------------------------------------------------------------


def shown(text: str | None) -> str | None:
    """`[ND]` is never published as a name."""
    return None if not text or text == HIDDEN else text


def spaced(*texts: str | None) -> str | None:
    return " ".join(text for text in texts if text) or None


def establishment(
    siret: str, own: OfRow | None, of_unit: list[OfRow], of_fiche: tuple[str, str] | None, snapshot: Snapshot
) -> dict[str, Any]:
    sirene: Establishment | None = (snapshot.sirene or {}).get(siret)
    cells = {name: shown(text) for name, text in sirene.cells.items()} if sirene else {}
    unit = {name: shown(text) for name, text in (snapshot.sirene_unite_legale or {}).get(siret[:9], {}).items()}

    # From the OF list for the SIRET's own row, else from Sirene, else the names of a fiche.
    person = spaced(unit.get("prenom_usuel"), unit.get("nom_usage") or unit.get("nom"))
    if not (unit.get("nom_usage") or unit.get("nom")):
        person = None
    unit_name = unit.get("denomination") or person or unit.get("denomination_usuelle")
    sign = cells.get("enseigne") or cells.get("denomination_usuelle")
    only_nda = len({row.nda for row in of_unit if row.nda}) == 1
    names = [
        (shown(own.denomination) if own else None, "liste_of"),
        (unit_name or sign, "sirene"),
        of_fiche or (None, ""),
        (shown(row_to_keep(of_unit).denomination) if only_nda else None, "liste_of"),
    ]
    denomination, source = next(((name, where) for name, where in names if name), (None, None))

    unit_names = {
        "denomination": unit_name,
        "sigle": unit.get("sigle"),
        "pseudonyme": unit.get("pseudonyme"),
        "nom_commercial": unit.get("denomination_usuelle"),
    }
    insee = {name: cells.get(name) for name in INSEE_ADDRESS}
    closed = sirene is not None and sirene.etat == "F"
    head_office = {"true": True, "false": False}.get((cells.get("siege") or "").lower())
    return {
        "denomination": denomination,
        "source_identite": source,
        "enseigne": sign,
        "adresse": listed_address(own) or sirene_address(cells),
        "code_commune": shown(sirene.commune) if sirene else None,
        "unite_legale": unit_names if any(unit_names.values()) else None,
        "adresse_insee": insee if any(insee.values()) else None,
        "etat_administratif": or_null(sirene.etat) if sirene else None,
        "date_fermeture": or_null(sirene.date_debut[:10]) if sirene and closed else None,
        "siret_successeur": (snapshot.sirene_succession or {}).get(siret),
        "diffusion_partielle": sirene.cells["diffusion"] == "P" if sirene else None,
        "activite_principale": cells.get("activite_principale"),
        "categorie_juridique": unit.get("categorie_juridique"),
        "activite_principale_unite_legale": unit.get("activite_principale"),
        "siege": head_office,
        "siret_siege": siret[:9] + str(unit["nic_siege"]) if unit.get("nic_siege") else siret if head_office else None,
        "date_creation": (cells.get("date_creation") or "")[:10] or None,
    }


def listed_address(own: OfRow | None) -> dict[str, str | None] | None:
    """None when neither the street nor the town has a letter or a digit."""
    if own and any(character.isalpha() or character.isnumeric() for character in own.voie + own.ville):
        return {"voie": shown(own.voie), "code_postal": shown(own.code_postal), "ville": shown(own.ville)}
    return None


def sirene_address(cells: Mapping[str, str | None]) -> dict[str, str | None] | None:
    street = (cells.get(name) for name in ("numero_voie", "indice_repetition", "type_voie", "libelle_voie"))
    abroad = spaced(cells.get("libelle_commune_etranger"), cells.get("libelle_pays_etranger"))
    address = {
        "voie": spaced(*street),
        "code_postal": cells.get("code_postal"),
        "ville": cells.get("libelle_commune") or abroad,
    }
    return address if any(address.values()) else None


def fiche_names(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    """By SIRET, the name that a fiche gives it and the register: active rows first, then the first fiche."""
    candidates: dict[str, list[tuple[bool, tuple[int, int, str], int, str, str]]] = defaultdict(list)
    for fiche in snapshot.fiches():
        rows: list[tuple[Partner | Certifier, int]] = []
        rows += [(row, 1) for row in fiche.partners if row.etat != "Supprimé"]
        rows += [(row, 2) for row in fiche.certifiers if row.etat == "Actif"]
        for row, rank in rows:
            name = shown(row.name)
            if name:
                active = row.etat == "Actif" and fiche.actif == "Oui"
                candidates[row.siret].append((not active, fiche_order(fiche.code), rank, name, fiche.source))
    return {siret: min(rows)[3:] for siret, rows in candidates.items()}


# --- habilitations --------------------------------------------------------------------------------------------


def of_habilitations(snapshot: Snapshot) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """SIRET, code, and what is said beside the entry."""
    for fiche in snapshot.fiches():
        rows: dict[str, list[Partner | Certifier]] = defaultdict(list)
        for partner in fiche.partners:
            if valid_siret(partner.siret) and partner.etat != "Supprimé":
                rows[partner.siret].append(partner)
        for certifier in fiche.certifiers:
            if valid_siret(certifier.siret) and certifier.etat == "Actif":
                rows[certifier.siret].append(certifier)
        for siret, all_rows in rows.items():
            # if any row is active, only the active rows count
            active = [row for row in all_rows if row.etat == "Actif" and fiche.actif == "Oui"]
            yield siret, fiche.code, habilitation(fiche, active or all_rows)


def of_fiche(fiche: Fiche) -> dict[str, Any]:
    told = {"Oui", "Non"} & set(fiche.ways.values())
    return {
        "existence_partenaires": {"Oui": True, "Non": False}.get(fiche.has_partners),
        "accessibilite": [way for way in WAYS if fiche.ways[way] == "Oui"] if told else None,
    }


def habilitation(fiche: Fiche, counted: list[Partner | Certifier]) -> dict[str, Any]:
    roles = {"partenaire" if isinstance(row, Partner) else "certificateur" for row in counted}
    changes: list[date] = [row.date_etat for row in counted if row.date_etat is not None]
    return {
        "intitule": or_null(fiche.title),
        "niveau": or_null(fiche.level),
        "remplacee_par": list(fiche.successors),
        "type_enregistrement": KINDS.get(fiche.kind),
        "date_effet": iso(fiche.date_effet),
        "date_limite_delivrance": iso(fiche.date_limite_delivrance),
        "role": [role for role in ("partenaire", "certificateur") if role in roles],
        "etat_depuis": iso(max(changes)) if changes else None,
    }
