"""The floor: the time to only read the same bytes, with the fastest available reader for each format.

It reads the used columns of tables and every element of XML in one pass, unpacks zips on the way and hashes nothing.
"""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
from lxml import etree
from quiforme.database import open_database, sql_text

from tools.bench.data import DAY
from tools.fictitious_france.formats import annuaire, france_competences, liste_of, onisep, sirene

_DECLARED, _ADDRESS, _CERTIFIED = "informationsDeclarees.", "adressePhysiqueOrganismeFormation.", "certifications."
_LIST = (
    "numeroDeclarationActivite",
    "numerosDeclarationActivitePrecedent",
    "denomination",
    "siren",
    "siretEtablissementDeclarant",
    *(_ADDRESS + name for name in ("voie", "codePostal", "ville", "codeRegion")),
    *(
        _CERTIFIED + name
        for name in ("actionsDeFormation", "bilansDeCompetences", "VAE", "actionsDeFormationParApprentissage")
    ),
    *(_DECLARED + name for name in ("dateDerniereDeclaration", "debutExercice", "finExercice")),
    *(
        f"{_DECLARED}specialitesDeFormation.{name}Specialite{slot}"
        for slot in (1, 2, 3)
        for name in ("code", "libelle")
    ),
)
_SCHOOLS = (
    *("Identifiant_de_l_etablissement", "SIREN_SIRET", "etat", "Type_contrat_prive", "Lycee_Agricole"),
    "Type_etablissement",
)
_STOCK = (
    "siret",
    "etatAdministratifEtablissement",
    "codeCommuneEtablissement",
    "statutDiffusionEtablissement",
    "dateDebut",
    "etablissementSiege",
    *(
        f"{name}Etablissement"
        for name in (
            *("dateCreation", "activitePrincipale", "enseigne1", "denominationUsuelle", "complementAdresse"),
            *("numeroVoie", "indiceRepetition", "typeVoie", "libelleVoie", "distributionSpeciale", "codePostal"),
            *("libelleCommune", "codeCedex", "libelleCedex", "libelleCommuneEtranger", "libellePaysEtranger"),
        )
    ),
)
_UNITS = (
    "siren",
    "dateDebut",
    *(
        f"{name}UniteLegale"
        for name in (
            *("etatAdministratif", "statutDiffusion", "denomination", "denominationUsuelle1", "sigle", "pseudonyme"),
            *("prenomUsuel", "nom", "nomUsage", "categorieJuridique", "activitePrincipale", "nicSiege", "dateCreation"),
        )
    ),
)
_NO_TEXTS = {"etablissementSiege": "count_if", "categorieJuridiqueUniteLegale": "sum"}
_LINKS = ("siretEtablissementPredecesseur", "siretEtablissementSuccesseur", "dateLienSuccession")


def readers(folder: Path, scratch: Path) -> dict[str, Callable[[], object]]:
    """The reader of each file of a drop, by source."""
    return {
        "liste_of": lambda: _csv(scratch, folder / liste_of.FILE, _LIST),
        "rncp": lambda: _count_elements(folder / france_competences.file_name("RNCP", DAY)),
        "rs": lambda: _count_elements(folder / france_competences.file_name("RS", DAY)),
        "sirene": lambda: _parquet(scratch, folder / f"{sirene.STOCK}.parquet", _STOCK),
        "sirene_succession": lambda: _parquet(scratch, folder / f"{sirene.LINKS}.parquet", _LINKS),
        "sirene_unite_legale": lambda: _parquet(scratch, folder / f"{sirene.UNITS}.parquet", _UNITS),
        "annuaire_education": lambda: _csv(scratch, folder / annuaire.FILE, _SCHOOLS),
        "referentiel_onisep": lambda: len(json.loads((folder / onisep.FILE).read_bytes())["organismes"]),
    }


def _csv(scratch: Path, path: Path, columns: tuple[str, ...]) -> object:
    with open_database(scratch, memory_limit_mb=1500) as database:
        source = f"read_csv({sql_text(path)}, delim = ';', quote = '\"', header = true, all_varchar = true)"
        counts = ", ".join(f'count("{name}")' for name in columns)
        return _one(database, f"SELECT {counts} FROM {source}")


def _parquet(scratch: Path, path: Path, columns: tuple[str, ...]) -> object:
    """Read every value of the used columns; counts and extrema would come from the file's statistics alone."""
    with open_database(scratch, memory_limit_mb=1500) as database:
        sums = ", ".join(map(_sum, columns))
        return _one(database, f"SELECT {sums} FROM read_parquet({sql_text(path)})")


def _sum(name: str) -> str:
    if name.startswith("date"):
        return f"max(epoch({name}))"
    return f"{_NO_TEXTS.get(name, 'sum')}({name if name in _NO_TEXTS else f'strlen({name})'})"


def _one(database: duckdb.DuckDBPyConnection, query: str) -> object:
    return database.execute(query).fetchone()


class _Count:
    """A parser's target that keeps nothing."""

    def __init__(self) -> None:
        self.elements = 0

    def start(self, *_: object) -> None:
        self.elements += 1

    def close(self) -> int:
        return self.elements


def _count_elements(path: Path) -> object:
    parser = etree.XMLParser(target=_Count())  # type: ignore[arg-type]  # the stubs ask for the methods that it lacks
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as stream:
        while block := stream.read(1 << 20):
            parser.feed(block)
    return parser.close()
