"""The ONISEP référentiel of apprenticeship bodies: JSON, with pagination or as a bare list.

`uai` is missing, not null, as long as nobody has validated one. `uai_potentiels` and `lieux_de_formation[].uai` are
decoys: only the validated one counts.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tools.fictitious_france.model import Organisme

FILE = "referentiel-organismes.json"


def _organisme(organisme: Organisme) -> dict[str, object]:
    validated = {} if organisme.uai is None else {"uai": organisme.uai}
    address = {
        "label": f"12 RUE DES ECOLES {organisme.postcode} {organisme.city}",
        "code_postal": organisme.postcode,
        "code_insee": organisme.commune,
        "localite": organisme.city.title(),
    }
    places = [
        {"code": "2.323558_48.751139", "uai": uai, "uai_fiable": False, "adresse": address}
        for uai in organisme.candidates
    ]
    return {
        "siret": organisme.siret,
        **validated,
        "lieux_de_formation": places,
        "nature": "responsable_formateur",
        "relations": [],
        "uai_potentiels": [{"uai": uai} for uai in organisme.candidates],
        "qualiopi": organisme.qualiopi,
        "adresse": address,
        "etat_administratif": organisme.state,
    }


def render(organismes: Iterable[Organisme], *, bare: bool = False) -> bytes:
    """The file's bytes: `{pagination, organismes}`, or only the list."""
    listed = [_organisme(organisme) for organisme in organismes]
    pages = {"page": 1, "resultats_par_page": 60000, "nombre_de_page": 1, "total": len(listed)}
    body: object = listed if bare else {"pagination": pages, "organismes": listed}
    return json.dumps(body, ensure_ascii=False, indent=2).encode()


def write(folder: Path, organismes: Iterable[Organisme], *, bare: bool = False) -> Path:
    """Write the référentiel into the drop."""
    path = folder / FILE
    path.write_bytes(render(organismes, bare=bare))
    return path
