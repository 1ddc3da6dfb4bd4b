"""The reverse indexes, and the identity of each establishment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from .documents import Document, row_to_keep
from .identifiers import valid_siret
from .reading import OfRow


def index(documents: Mapping[str, Any]) -> dict[str, list[str]]:
    """The SIRETs of each `kind/identifier`, in order with their marks, computed from the documents alone."""
    found: dict[str, list[str]] = defaultdict(list)
    for siret, document in sorted(documents.items()):
        found[f"siren/{siret[:9]}"].append(siret)
        if document["code_uai"]:
            found[f"uai/{document['code_uai']}"].append(siret)
        for declaration in document["declarations_activites_etablissement"]:
            # a malformed NDA is found under its own text
            mark = "A" if declaration["actif"] else "I"
            found[f"nda/{declaration['numero_de_declaration']}"].append(siret + mark)
        for entry in document["habilitations_france_competence"]:
            if entry["actif"]:
                former = "F" if entry["habilitation_pour_former"] else ""
                organiser = "O" if entry["habilitation_pour_organiser_l_evaluation"] else ""
                found[f"certification/{entry['code']}"].append(siret + former + organiser)
    return dict(found)


def identities(rows: list[OfRow], documents: Mapping[str, Document]) -> dict[str, dict[str, Any]]:
    """The denomination and the address of each document's establishment."""
    by_siret: dict[str, list[OfRow]] = defaultdict(list)
    by_siren: dict[str, list[OfRow]] = defaultdict(list)
    for row in rows:
        if valid_siret(row.siret):
            by_siret[row.siret].append(row)
        siren = row.siren()
        if siren:
            by_siren[siren].append(row)
    found = {}
    for siret in documents:
        own = row_to_keep(by_siret[siret]) if siret in by_siret else None
        denomination = own.denomination if own else ""
        of_siren = by_siren.get(siret[:9], [])
        if not denomination and len({row.nda for row in of_siren if row.nda}) == 1:
            denomination = row_to_keep(of_siren).denomination
        address = None
        if own and any(character.isalpha() or character.isnumeric() for character in own.voie + own.ville):
            address = {"voie": own.voie or None, "code_postal": own.code_postal or None, "ville": own.ville or None}
        found[siret] = {"denomination": denomination or None, "adresse": address}
    return found
