"""A ledger as an earlier version left it, in which the rule `habilitation_sur_fiche_inactive` had another key.

Then each partner of a fiche was an anomaly. All of them are resolved and one a fiche opens, on one day, and no flood holds them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from quiforme.anomalies.evaluation import evaluate, load_facts
from quiforme.anomalies.flood import NUMBER
from quiforme.anomalies.loading import StoredFiles, load_ledger
from quiforme.anomalies.ports import LedgerState
from quiforme.database import run_script, sql_text

from tests.unit.rules.life import RULE_OF, no_rows
from tests.unit.rules.rows import SIRET
from tools.in_process.doubles import FolderStorage

CODE = "habilitation_sur_fiche_inactive"
DAY = date(2026, 11, 23)
FICHES = NUMBER + 200
PARTNERS = 3
"""Of each fiche: the openings under the new key are a third of what was open, which would be a flood."""
STATE = LedgerState("ledger.parquet", "", "", told=True, snapshot="", evaluated=(CODE,))


@pytest.fixture
def stored(tmp_path: Path) -> StoredFiles:
    """The old ledger: of the first fiche, one anomaly was dismissed, one held and one is resolved."""
    storage = FolderStorage(tmp_path / "storage")
    with no_rows(tmp_path) as database:
        database.execute(
            f"""
            INSERT INTO ledger BY NAME
            SELECT left(sha256(cle), 32) AS id, '{CODE}' AS code, cle, etat, 1 AS occurrence, 1 AS sequence, siret, code_fiche,
                   '{{"france_competences":{{"etat_habilitation":"Actif","fiche_active":"Non","date_fin_enregistrement":null}}}}'
                       AS constats,
                   DATE '2026-10-01' AS premiere_detection, DATE '2026-11-22' AS derniere_detection, annonce
            FROM (SELECT *, to_json({{code_fiche: code_fiche, siret: siret}}) AS cle,
                         CASE WHEN fiche = 1 AND partner = 3 THEN 'resolue' ELSE 'ouverte' END AS etat,
                         CASE WHEN fiche > 1 THEN 'faite' WHEN partner = 1 THEN 'classee' WHEN partner = 2 THEN 'retenue'
                              ELSE 'faite' END AS annonce
                  FROM (SELECT fiche, partner, 'RNCP' || fiche AS code_fiche, format('356000000{{:05}}', partner) AS siret
                        FROM range(1, {FICHES + 1}) AS f(fiche), range(1, {PARTNERS + 1}) AS p(partner)))
            """
        )
        local = tmp_path / "old.parquet"
        database.execute(f"COPY ledger TO {sql_text(local)} (FORMAT parquet)")
        storage.put(STATE.ledger, local)
    return StoredFiles(storage, tmp_path / "scratch")


@contextmanager
def reconciled(stored: StoredFiles, folder: Path, day: date, fiches: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """The ledger after a day on which so many fiches have active partners; it is stored for the next day."""
    folder.mkdir()
    with no_rows(folder) as database:
        load_ledger(database, stored, STATE)
        database.execute(
            """
            INSERT INTO fiches_rncp BY NAME SELECT 'RNCP' || fiche AS code, false AS actif FROM range(1, ?) AS f(fiche);
            """,
            [fiches + 1],
        )
        database.execute(
            "INSERT INTO partenaires_rncp BY NAME SELECT code, ? AS siret, 'Actif' AS etat FROM fiches_rncp", [SIRET]
        )
        load_facts(database, day)
        evaluate(database, RULE_OF[CODE])
        run_script(database, "anomalies/transitions.sql")
        database.execute(
            f"COPY (SELECT * EXCLUDE (transition, event) FROM ledger_today) TO {sql_text(folder / 'new.parquet')} (FORMAT parquet)"
        )
        stored.storage.put(STATE.ledger, folder / "new.parquet")
        stored.scratch.joinpath(STATE.ledger).unlink()
        yield database


def sent(database: duckdb.DuckDBPyConnection) -> dict[tuple[str, str | None], int]:
    """How many events there are, by transition and by what consumers are told."""
    return {
        (transition, event): number
        for transition, event, number in database.execute(
            "SELECT transition, event, count(*) FROM ledger_today WHERE transition IS NOT NULL GROUP BY ALL"
        ).fetchall()
    }


def test_the_old_ones_are_resolved_and_the_new_ones_open_once(stored: StoredFiles, tmp_path: Path) -> None:
    with reconciled(stored, tmp_path / "first", DAY, FICHES) as database:
        assert sent(database) == {
            ("ouverte", "ouverte"): FICHES,
            ("resolue", "resolue"): (FICHES - 1) * PARTNERS,
            ("resolue", None): 2,  # nobody was told of these
        }
        keys = database.execute("SELECT DISTINCT json_keys(cle) FROM ledger_today WHERE etat = 'ouverte'").fetchall()
        assert keys == [(["code_fiche"],)]
    with reconciled(stored, tmp_path / "second", DAY + timedelta(days=1), FICHES) as database:
        assert sent(database) == {}


def test_afterwards_a_flood_is_one_again(stored: StoredFiles, tmp_path: Path) -> None:
    with reconciled(stored, tmp_path / "first", DAY, 1) as database:
        assert database.execute("FROM floods").fetchall() == []
    with reconciled(stored, tmp_path / "second", DAY + timedelta(days=1), FICHES) as database:
        assert database.execute("FROM floods").fetchall() == [(CODE, FICHES - 1, 1)]
