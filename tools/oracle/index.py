"""The reverse indexes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any


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
