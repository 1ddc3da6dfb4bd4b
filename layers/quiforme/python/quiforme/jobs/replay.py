"""Builds the documents of a past run again from its snapshot, without publishing: they must be the same."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quiforme.database import count, open_database, run_script
from quiforme.enrichment import KEPT as ENRICHMENT
from quiforme.enrichment.overlay import overlay_recent_sirene
from quiforme.pipeline.build import build_documents, find_changes
from quiforme.pipeline.identities import stocks_in_use
from quiforme.snapshot.manifest import read_manifest
from quiforme.snapshot.ports import Storage
from quiforme.snapshot.tables import SnapshotTables
from quiforme.sources.catalogue import SOURCES


@dataclass(frozen=True, slots=True)
class ReplayContext:
    """The dependencies of a replay.

    Attributes:
        storage: Holds the snapshots.
        scratch: An empty local folder.
        memory_limit_mb: Of the database, in MiB.

    """

    storage: Storage
    scratch: Path
    memory_limit_mb: int


def replay(context: ReplayContext, snapshot_key: str) -> dict[str, Any]:
    """Build the documents of a snapshot again; nothing is written.

    Args:
        context: The dependencies.
        snapshot_key: The storage key of its manifest.

    Returns:
        The snapshot's key and day, the number of documents, the number of answers that differ from the stored ones,
        and the first 20 of their identifiers.

    """
    manifest = read_manifest(context.storage, snapshot_key)
    with open_database(context.scratch, memory_limit_mb=context.memory_limit_mb) as database:
        tables = SnapshotTables(database, context.storage, context.scratch)
        run_script(database, "pipeline/shared/source_tables.sql")
        run_script(database, "pipeline/shared/previous_run.sql")
        for source in SOURCES:
            tables.load_source(source, manifest.sources.get(source.name))
        previous = read_manifest(context.storage, manifest.previous) if manifest.previous else None
        if previous:
            tables.load_previous(previous, repertoire=previous.tables["repertoire"])
        tables.load({table: manifest.tables[table] for table in ENRICHMENT})
        overlay_recent_sirene(database)
        stocks = stocks_in_use(tables, manifest.sources, previous.sources if previous else {})
        build_documents(database, day=manifest.day, settings=manifest.settings, stocks=stocks)
        find_changes(database, generation=0)
        tables.load({"stored_repertoire": manifest.tables["repertoire"]}, defined_in=None)
        different = database.execute(
            """
            SELECT id FROM repertoire FULL JOIN stored_repertoire AS stored USING (id)
            WHERE (repertoire.etat, repertoire.empreinte, repertoire.empreinte_details)
                  IS DISTINCT FROM (stored.etat, stored.empreinte, stored.empreinte_details)
              AND coalesce(repertoire.etat, 'retire') <> 'retire'
            ORDER BY id
            """
        ).fetchall()
        total = count(database, "documents")
    return {
        "snapshot": snapshot_key,
        "day": manifest.day.isoformat(),
        "documents": total,
        "different": len(different),
        "first_different": [identifier for (identifier,) in different[:20]],
    }
