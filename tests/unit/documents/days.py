"""Documents built from plain rows, day after day, without files and without a registry."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from quiforme.database import open_database, run_script
from quiforme.pipeline.build import STORED, build_documents, find_changes
from quiforme.pipeline.losses import LossLimits, find_losses
from quiforme.registry.ports import Losses
from quiforme.snapshot.manifest import DocumentSettings

from tests.unit.rules.rows import DAY, Tables

Json = dict[str, Any]
BOTH = ("hors_contrat", "lycee_agricole")
_PLACES = {"sirene": "empty.sirene", "identites_sirene": "identites_sirene", "unites_sirene": "unites_sirene"}
"""Where the rows go that do not go to the table of their source."""
_IDENTITIES = """
    CREATE TABLE identites_sirene (siret VARCHAR, code_commune VARCHAR, identite STRUCT(
        siege BOOLEAN, date_creation DATE, activite_principale VARCHAR, enseigne VARCHAR, denomination_usuelle VARCHAR,
        complement_adresse VARCHAR, numero_voie VARCHAR, indice_repetition VARCHAR, type_voie VARCHAR,
        libelle_voie VARCHAR, distribution_speciale VARCHAR, code_postal VARCHAR, libelle_commune VARCHAR,
        code_cedex VARCHAR, libelle_cedex VARCHAR, libelle_commune_etranger VARCHAR, libelle_pays_etranger VARCHAR));
    CREATE TABLE unites_sirene (siren VARCHAR, unite STRUCT(
        etat VARCHAR, diffusion VARCHAR, denomination VARCHAR, denomination_usuelle VARCHAR, sigle VARCHAR,
        pseudonyme VARCHAR, prenom_usuel VARCHAR, nom VARCHAR, nom_usage VARCHAR, categorie_juridique VARCHAR,
        activite_principale VARCHAR, nic_siege VARCHAR, date_creation DATE));
    ALTER TABLE sources.adresses ADD COLUMN IF NOT EXISTS ban STRUCT(
        type VARCHAR, nom VARCHAR, numero VARCHAR, voie VARCHAR, code_postal VARCHAR, commune VARCHAR,
        contexte VARCHAR, id VARCHAR, latitude VARCHAR, longitude VARCHAR);
    CREATE OR REPLACE VIEW adresses AS FROM sources.adresses;
"""


@dataclass
class Days:
    """Runs one after the other.

    Attributes:
        database: Holds the tables of the last one.
        day: Its day.
        generation: Its generation.
        lost: What the documents of the run before lost by it.
        limits: Which losses are too many.

    """

    database: duckdb.DuckDBPyConnection
    day: date = DAY - timedelta(days=1)
    generation: int = 0
    lost: Losses | None = None
    limits: LossLimits = field(default_factory=lambda: LossLimits(percent=5, least=1))
    _retention: int = 365
    _filled: set[str] = field(default_factory=set)

    def build(
        self, tables: Tables, *, after: int = 1, retention: int = 365, exclusions: tuple[str, ...] = BOTH
    ) -> dict[str, Json]:
        """The documents of a day, by SIRET.

        Args:
            tables: What the sources hold; a table that is not named has no row.
            after: How many days after the last run.
            retention: In days, of inactive NDAs.
            exclusions: The marks in force.

        """
        self.day += timedelta(days=after)
        self.generation += 1
        for name in self._filled:
            self.database.execute(f"DELETE FROM {name}")
        self._filled = set()
        for name, rows in tables.items():
            table = _PLACES.get(name, f"sources.{name}")
            self._filled.add(table)
            for row in rows:
                places = ", ".join("?" for _ in row)
                self.database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))
        settings = DocumentSettings(retention_days=retention, exclusions=exclusions)
        build_documents(self.database, day=self.day, settings=settings)
        find_changes(self.database, generation=self.generation)
        self.lost = find_losses(self.database, self.limits, retention_days=self._retention)
        self._retention = retention
        for name in (*STORED, "liste_of", "fiches_rncp", "fiches_rs"):
            self.database.execute(f"CREATE OR REPLACE TABLE previous.{name} AS FROM main.{name}")
        self.database.execute("CREATE OR REPLACE TABLE previous.in_force AS FROM previous.repertoire")
        [(known, answered)] = self.database.execute("SELECT count(DISTINCT id), count(*) FROM repertoire").fetchall()
        assert known == answered  # an identifier has one answer
        return {siret: json.loads(data) for siret, data in self._pairs("SELECT siret, data FROM documents")}

    def details(self) -> dict[str, Json]:
        """What `meta` says beside each document."""
        return {siret: json.loads(text) for siret, text in self._pairs("SELECT siret, details FROM documents")}

    def identities(self) -> dict[str, Json]:
        """Who each document's establishment is: what is masked for whoever may not see it."""
        return {siret: json.loads(text) for siret, text in self._pairs("SELECT siret, identite FROM documents")}

    def not_public(self) -> set[str]:
        """The SIRETs whose identity is not to be disclosed."""
        told = self._pairs("SELECT siret, non_diffusible FROM documents")
        assert all(isinstance(hidden, bool) for _, hidden in told)
        return {siret for siret, hidden in told if hidden}

    def index(self) -> dict[str, list[str]]:
        """The SIRETs that carry each identifier."""
        return {name: json.loads(data) for name, data in self._pairs("SELECT id, data FROM reverse_index")}

    def changes(self) -> dict[str, tuple[str, str]]:
        """The items to write: state and nature of the change."""
        return {
            name: (etat, nature)
            for name, etat, nature in self.database.execute("SELECT id, etat, nature FROM changes").fetchall()
        }

    def replaced(self) -> dict[str, int]:
        """The generation of the item that each change replaces."""
        return dict(self._pairs("SELECT id, generation FROM replaced_items"))

    def answers(self) -> dict[str, tuple[str, int]]:
        """The state and the generation of every answer."""
        return {
            name: (etat, generation)
            for name, etat, generation in self.database.execute(
                "SELECT id, etat, generation FROM repertoire"
            ).fetchall()
        }

    def _pairs(self, query: str) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in self.database.execute(query).fetchall()]


@contextmanager
def before_all(scratch: Path) -> Iterator[Days]:
    """Before the first run."""
    with open_database(scratch, memory_limit_mb=200) as database:
        run_script(database, "pipeline/shared/source_tables.sql")
        run_script(database, "pipeline/shared/previous_run.sql")
        database.execute("CREATE SCHEMA sources")
        for (name,) in database.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'empty'"
        ).fetchall():
            if name == "sirene":
                database.execute("CREATE VIEW main.sirene AS FROM empty.sirene")
            else:
                database.execute(f"CREATE TABLE sources.{name} AS FROM empty.{name}")
                database.execute(f"CREATE VIEW main.{name} AS FROM sources.{name}")
        database.execute(_IDENTITIES)
        yield Days(database)
