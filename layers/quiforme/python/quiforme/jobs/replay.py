"""A past run's inputs, ingested again beside everything else: the documents must be the same."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quiforme.database import open_database, run_script
from quiforme.enrichment import KEPT as ENRICHMENT
from quiforme.enrichment.overlay import overlay_recent_sirene
from quiforme.pipeline.build import build_documents, find_changes
from quiforme.snapshot.collect import Collector
from quiforme.snapshot.manifest import Manifest
from quiforme.snapshot.ports import Storage
from quiforme.sources.catalogue import SOURCES


@dataclass(frozen=True, slots=True)
class ReplayContext:
    """What a replay works with: the storage, an empty local folder, and MiB for the database."""

    storage: Storage
    scratch: Path
    memory_limit_mb: int


def replay(bench: ReplayContext, snapshot_key: str) -> dict[str, Any]:
    """Build the documents of a snapshot once more, from the tables it kept; nothing is written.

    Args:
        bench: What to work with.
        snapshot_key: The storage key of its manifest.

    Returns:
        The snapshot's day, how many documents it has, and the SIRETs and other identifiers (at most 20) that answer
        otherwise now.

    """
    manifest = _manifest(bench, snapshot_key)
    with open_database(bench.scratch, memory_limit_mb=bench.memory_limit_mb) as database:
        collector = Collector(database, {}, bench.storage, bench.scratch, manifest.id, manifest.day)
        run_script(database, "pipeline/shared/source_tables.sql")
        run_script(database, "pipeline/shared/previous_run.sql")
        for source in SOURCES:
            collector.lay_source(source, manifest.sources.get(source.name))
        if manifest.previous:
            before = _manifest(bench, manifest.previous)
            collector.lay_before(before, repertoire=before.tables["repertoire"])
        collector.lay({table: manifest.tables[table] for table in ENRICHMENT})
        overlay_recent_sirene(database)
        build_documents(database, day=manifest.day, settings=manifest.settings)
        find_changes(database, generation=0)
        collector.lay({"repertoire_garde": manifest.tables["repertoire"]})
        different = database.execute(
            """
            SELECT id FROM repertoire FULL JOIN repertoire_garde AS garde USING (id)
            WHERE (repertoire.etat, repertoire.empreinte, repertoire.empreinte_details)
                  IS DISTINCT FROM (garde.etat, garde.empreinte, garde.empreinte_details)
              AND coalesce(repertoire.etat, 'retire') <> 'retire'
            ORDER BY id
            """
        ).fetchall()
        [(total,)] = database.execute("SELECT count(*) FROM documents").fetchall()
    return {
        "snapshot": snapshot_key,
        "day": manifest.day.isoformat(),
        "documents": total,
        "different": len(different),
        "first_different": [identifier for (identifier,) in different[:20]],
    }


def _manifest(bench: ReplayContext, key: str) -> Manifest:
    return Manifest.model_validate_json(bench.storage.read(key))
