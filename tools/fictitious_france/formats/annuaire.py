"""The national directory of schools: `;`, UTF-8 with a BOM, CRLF, quotes only where needed, ISO dates."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from tools.fictitious_france.geography import REGION
from tools.fictitious_france.model import School

FILE = "fr-en-annuaire-education.csv"
HEADER: tuple[str, ...] = (
    "Identifiant_de_l_etablissement",
    "Nom_etablissement",
    "Type_etablissement",
    "Statut_public_prive",
    "Adresse_1",
    "Adresse_2",
    "Adresse_3",
    "Code_postal",
    "Code_commune",
    "Nom_commune",
    "Code_departement",
    "Code_academie",
    "Code_region",
    "Ecole_maternelle",
    "Ecole_elementaire",
    "Voie_generale",
    "Voie_technologique",
    "Voie_professionnelle",
    "Telephone",
    "Fax",
    "Web",
    "Mail",
    "Restauration",
    "Hebergement",
    "ULIS",
    "Apprentissage",
    "Segpa",
    "Section_arts",
    "Section_cinema",
    "Section_theatre",
    "Section_sport",
    "Section_internationale",
    "Section_europeenne",
    "Lycee_Agricole",
    "Lycee_militaire",
    "Lycee_des_metiers",
    "Post_BAC",
    "Appartenance_Education_Prioritaire",
    "GRETA",
    "SIREN_SIRET",
    "Fiche_onisep",
    "position",
    "Type_contrat_prive",
    "Libelle_departement",
    "Libelle_academie",
    "Libelle_region",
    "coordX_origine",
    "coordY_origine",
    "epsg_origine",
    "nom_circonscription",
    "latitude",
    "longitude",
    "precision_localisation",
    "date_ouverture",
    "date_maj_ligne",
    "etat",
    "ministere_tutelle",
    "multi_uai",
    "rpi_concentre",
    "rpi_disperse",
    "code_nature",
    "libelle_nature",
    "Code_type_contrat_prive",
    "PIAL",
    "etablissement_mere",
    "type_rattachement_etablissement_mere",
    "code_circonscription",
    "code_zone_animation_pedagogique",
    "libelle_zone_animation_pedagogique",
    "code_bassin_formation",
    "libelle_bassin_formation",
)
"""The real file's own header. The file of May 2026 has 71 names, although it is often said to have 72."""


def _cells(school: School) -> list[str]:
    department = school.commune[:3] if school.commune[:2] in ("97", "98") else school.commune[:2]
    known = {
        "Identifiant_de_l_etablissement": school.uai,
        "Nom_etablissement": school.name,
        "Type_etablissement": school.kind,
        "Statut_public_prive": "Public" if school.contract == "SANS OBJET" else "Privé",
        "Adresse_1": "12 rue des Écoles",
        "Adresse_3": f"{school.postcode} {school.city}",
        "Code_postal": school.postcode,
        "Code_commune": school.commune,
        "Nom_commune": school.city.title(),
        "Code_departement": department.zfill(3),
        "Code_region": REGION.get(department, ""),
        "Voie_generale": "1",
        "Lycee_Agricole": school.agricultural,
        "Mail": f"ce.{school.uai.strip()}@exemple.invalid",
        "SIREN_SIRET": school.siret,
        "position": "48.75113972238502, 2.3235583553613646",
        "Type_contrat_prive": school.contract,
        "date_ouverture": "1985-09-01",
        "date_maj_ligne": "2026-11-20",
        "etat": school.state,
        "ministere_tutelle": "MINISTERE DE L'EDUCATION NATIONALE",
        "multi_uai": "0",
        "code_nature": "302",
        "libelle_nature": "LYCEE D ENSEIGNEMENT GENERAL",
    }
    cells = [known.get(column, "") for column in HEADER]
    return cells[:40] if school.spoil else cells


def render(schools: Iterable[School]) -> bytes:
    """The file's bytes."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(map(_cells, schools))
    return text.getvalue().encode("utf-8-sig")


def write(folder: Path, schools: Iterable[School]) -> Path:
    """Write the directory into the drop."""
    path = folder / FILE
    path.write_bytes(render(schools))
    return path
