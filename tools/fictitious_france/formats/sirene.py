"""The Sirene stocks (INSEE): establishments, legal units and links of succession, as Parquet or as a zipped CSV.

The Parquet is written by DuckDB from the CSV, with the types of the real one: columns that `_TYPES` does not
list are text.
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import duckdb

from tools.fictitious_france.formats.archives import write_zip
from tools.fictitious_france.model import SireneRow, Succession, UnitRow

Format = Literal["parquet", "zip"]
STOCK = "StockEtablissement_utf8"
UNITS = "StockUniteLegale_utf8"
LINKS = "StockEtablissementLiensSuccession_utf8"
MASK = "[ND]"

_ADDRESS = (
    "complementAdresse{} numeroVoie{} indiceRepetition{} {last} typeVoie{} libelleVoie{} codePostal{} libelleCommune{} "
    "libelleCommuneEtranger{} distributionSpeciale{} codeCommune{} codeCedex{} libelleCedex{} codePaysEtranger{} "
    "libellePaysEtranger{}"
)
_LAST_NUMBER = "dernierNumeroVoieEtablissement indiceRepetitionDernierNumeroVoieEtablissement"
HEADER: tuple[str, ...] = tuple(
    " ".join(
        (
            "siren nic siret statutDiffusionEtablissement dateCreationEtablissement trancheEffectifsEtablissement",
            "anneeEffectifsEtablissement activitePrincipaleRegistreMetiersEtablissement",
            "dateDernierTraitementEtablissement etablissementSiege nombrePeriodesEtablissement",
            _ADDRESS.format(*["Etablissement"] * 14, last=_LAST_NUMBER),
            "identifiantAdresseEtablissement coordonneeLambertAbscisseEtablissement",
            "coordonneeLambertOrdonneeEtablissement",
            _ADDRESS.format(*["2Etablissement"] * 14, last=""),
            "dateDebut etatAdministratifEtablissement enseigne1Etablissement enseigne2Etablissement",
            "enseigne3Etablissement denominationUsuelleEtablissement activitePrincipaleEtablissement",
            "nomenclatureActivitePrincipaleEtablissement caractereEmployeurEtablissement",
            "activitePrincipaleNAF25Etablissement",
        )
    ).split()
)
UNITS_HEADER: tuple[str, ...] = tuple(
    " ".join(
        (
            "siren statutDiffusionUniteLegale unitePurgeeUniteLegale dateCreationUniteLegale sigleUniteLegale",
            "sexeUniteLegale prenom1UniteLegale prenom2UniteLegale prenom3UniteLegale prenom4UniteLegale",
            "prenomUsuelUniteLegale pseudonymeUniteLegale identifiantAssociationUniteLegale",
            "trancheEffectifsUniteLegale anneeEffectifsUniteLegale dateDernierTraitementUniteLegale",
            "nombrePeriodesUniteLegale categorieEntreprise anneeCategorieEntreprise dateDebut",
            "etatAdministratifUniteLegale nomUniteLegale nomUsageUniteLegale denominationUniteLegale",
            "denominationUsuelle1UniteLegale denominationUsuelle2UniteLegale denominationUsuelle3UniteLegale",
            "categorieJuridiqueUniteLegale activitePrincipaleUniteLegale nomenclatureActivitePrincipaleUniteLegale",
            "nicSiegeUniteLegale economieSocialeSolidaireUniteLegale societeMissionUniteLegale",
            "caractereEmployeurUniteLegale activitePrincipaleNAF25UniteLegale",
        )
    ).split()
)
LINKS_HEADER: tuple[str, ...] = (
    "siretEtablissementPredecesseur",
    "siretEtablissementSuccesseur",
    "dateLienSuccession",
    "transfertSiege",
    "continuiteEconomique",
    "dateDernierTraitementLienSuccession",
)
_TYPES = {
    "dateCreationEtablissement": "DATE",
    "anneeEffectifsEtablissement": "BIGINT",
    "dateDernierTraitementEtablissement": "TIMESTAMP",
    "etablissementSiege": "BOOLEAN",
    "nombrePeriodesEtablissement": "BIGINT",
    "dateDebut": "DATE",
    "unitePurgeeUniteLegale": "BOOLEAN",
    "dateCreationUniteLegale": "DATE",
    "anneeEffectifsUniteLegale": "BIGINT",
    "dateDernierTraitementUniteLegale": "TIMESTAMP",
    "nombrePeriodesUniteLegale": "BIGINT",
    "anneeCategorieEntreprise": "BIGINT",
    "categorieJuridiqueUniteLegale": "BIGINT",
    "dateLienSuccession": "DATE",
    "transfertSiege": "BOOLEAN",
    "continuiteEconomique": "BOOLEAN",
    "dateDernierTraitementLienSuccession": "TIMESTAMP",
}


def _cells(row: SireneRow) -> list[str]:
    hidden = row.diffusion == "P"

    def shown(text: str) -> str:
        """A cell as the stock shows it: masked for a partially diffusible establishment."""
        return MASK if hidden and text else text

    known = {
        "siren": row.siret[:9],
        "nic": row.siret[9:],
        "siret": row.siret,
        "statutDiffusionEtablissement": row.diffusion,
        "dateCreationEtablissement": row.created,
        "trancheEffectifsEtablissement": "NN",
        "dateDernierTraitementEtablissement": "2026-09-14T08:31:07",
        "etablissementSiege": str(row.head_office).lower(),
        "nombrePeriodesEtablissement": "1" if row.state == "A" else "2",
        "complementAdresseEtablissement": shown(row.complement),
        "numeroVoieEtablissement": shown(row.number),
        "typeVoieEtablissement": shown(row.way),
        "libelleVoieEtablissement": shown(row.street),
        "codePostalEtablissement": row.postcode,
        "libelleCommuneEtablissement": row.city,
        "libelleCommuneEtrangerEtablissement": row.abroad[0],
        "distributionSpecialeEtablissement": shown(row.postal_box),
        "codeCommuneEtablissement": row.commune,
        "codeCedexEtablissement": row.cedex[0],
        "libelleCedexEtablissement": row.cedex[1],
        "libellePaysEtrangerEtablissement": row.abroad[1],
        "coordonneeLambertAbscisseEtablissement": shown("652000.0"),
        "coordonneeLambertOrdonneeEtablissement": shown("6862000.0"),
        "dateDebut": row.since,
        "etatAdministratifEtablissement": row.state,
        "enseigne1Etablissement": shown(row.sign or row.name),
        "denominationUsuelleEtablissement": shown(row.name),
        "activitePrincipaleEtablissement": row.activity,
        "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
        "caractereEmployeurEtablissement": "N",
        "activitePrincipaleNAF25Etablissement": "85.59Y",
    }
    return [known.get(column, "") for column in HEADER]


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _write(folder: Path, stem: str, header: Sequence[str], content: bytes, format: Format) -> Path:
    path = folder / f"{stem}.{format}"
    if format == "zip":
        write_zip(path, f"{stem}.csv", content)
        return path
    columns = "{" + ", ".join(f"'{name}': '{_TYPES.get(name, 'VARCHAR')}'" for name in header) + "}"
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as connection:
        source = Path(scratch) / f"{stem}.csv"
        source.write_bytes(content)
        connection.execute("SET threads = 1")
        connection.execute(
            f"COPY (FROM read_csv('{source}', header = true, delim = ',', quote = '\"', columns = {columns})) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )
    return path


def write_stock(folder: Path, rows: Iterable[SireneRow], format: Format = "parquet") -> Path:
    """Write the stock of establishments, 54 columns."""
    return _write(folder, STOCK, HEADER, _csv(HEADER, map(_cells, rows)), format)


def _unit_cells(row: UnitRow) -> list[str]:
    def shown(text: str) -> str:
        return MASK if row.diffusion == "P" and text else text

    known = {
        "siren": row.siren,
        "statutDiffusionUniteLegale": row.diffusion,
        "dateCreationUniteLegale": row.created,
        "sigleUniteLegale": shown(row.initials),
        "sexeUniteLegale": shown("F" if row.first_name else ""),
        "prenom1UniteLegale": shown(row.first_name),
        "prenomUsuelUniteLegale": shown(row.first_name),
        "pseudonymeUniteLegale": shown(row.pseudonym),
        "dateDernierTraitementUniteLegale": "2026-09-14T08:31:07",
        "nombrePeriodesUniteLegale": "1" if row.state == "A" else "2",
        "dateDebut": row.since,
        "etatAdministratifUniteLegale": row.state,
        "nomUniteLegale": shown(row.surname),
        "nomUsageUniteLegale": shown(row.married_name),
        "denominationUniteLegale": shown(row.name),
        "denominationUsuelle1UniteLegale": shown(row.usual_name),
        "categorieJuridiqueUniteLegale": row.category,
        "activitePrincipaleUniteLegale": row.activity,
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
        "nicSiegeUniteLegale": row.head_office,
        "caractereEmployeurUniteLegale": "N",
        "activitePrincipaleNAF25UniteLegale": "85.59Y",
    }
    return [known.get(column, "") for column in UNITS_HEADER]


def write_units(folder: Path, rows: Iterable[UnitRow], format: Format = "parquet") -> Path:
    """Write the stock of legal units, 35 columns."""
    return _write(folder, UNITS, UNITS_HEADER, _csv(UNITS_HEADER, map(_unit_cells, rows)), format)


def write_links(folder: Path, links: Iterable[Succession], format: Format = "parquet") -> Path:
    """Write the links of succession, old versions included."""
    rows = (
        (
            link.predecessor,
            link.successor,
            link.on,
            str(link.head_office_moved).lower(),
            str(link.continuity).lower(),
            link.processed,
        )
        for link in links
    )
    return _write(folder, LINKS, LINKS_HEADER, _csv(LINKS_HEADER, rows), format)
