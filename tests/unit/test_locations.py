"""The location of an anomaly: département and region, from its commune in Sirene, else from the OF list."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from tests.unit.rules.life import RULE_OF, Life, life_of, no_rows
from tests.unit.rules.rows import (
    OTHER,
    SECOND,
    SIBLING,
    SIRET,
    UAI,
    Row,
    Tables,
    certifier,
    document,
    gone,
    held,
    of,
    onisep,
    partner,
    school,
    stock,
)
from tools.oracle.identifiers import REGION_OF_DEPARTEMENT, departement_of_commune, region_of_commune

COMMUNES = [
    *(f"{departement}001" if len(departement) == 2 else f"{departement}01" for departement in REGION_OF_DEPARTEMENT),
    "97502",
    "97701",
    "97801",
    "98818",
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with every table, all empty."""
    with no_rows(tmp_path_factory.mktemp("scratch")) as one:
        yield one


@pytest.fixture
def life(database: duckdb.DuckDBPyConnection) -> Iterator[Life]:
    """A rule about establishments that Sirene may not know."""
    with life_of(RULE_OF["siret_inconnu"], database) as one:
        yield one


def test_every_commune_of_france(life: Life) -> None:
    sirets = {f"356000000{number:05}": commune for number, commune in enumerate(COMMUNES)}
    life.play(
        {
            "liste_of": [of(siret=siret) for siret in sirets],
            "sirene": [stock(siret, commune=commune) for siret, commune in sirets.items()],
        }
    )
    places = {
        siret: (departement, region)
        for siret, departement, region in life.database.execute(
            "SELECT siret, departement, region FROM locations"
        ).fetchall()
    }
    assert places == {
        siret: (departement_of_commune(commune), region_of_commune(commune)) for siret, commune in sirets.items()
    }


@pytest.mark.parametrize(
    ("rows", "region"),
    [
        ([of(2, code_region="84"), of(1, code_region="76")], "76"),  # the first row of the SIRET
        ([of(1, code_region="905"), of(2, code_region="84")], "84"),  # that names a current region
        ([of(1, code_region="82")], None),
        ([of(1, siret=SIBLING, code_region="84")], None),  # another establishment of the unit may be elsewhere
        ([of(1, siret=SIRET, valid=False, code_region="84")], None),
        ([], None),
    ],
)
def test_an_establishment_unknown_to_sirene_gets_the_region_of_the_list(
    life: Life, rows: list[Row], region: str | None
) -> None:
    events = life.play({"habilitations": [held()], "liste_of": rows, "sirene": [stock(OTHER)]})
    [event] = [event for event in events if event.cle["siret"] == SIRET]
    assert event.about("departement", "region") == (None, region)


def test_the_commune_comes_before_the_list(database: duckdb.DuckDBPyConnection) -> None:
    rows = [of(1, code_region="84"), of(2, nda=SECOND, code_region="84")]
    with life_of(RULE_OF["plusieurs_nda"], database) as life:
        [opened] = life.play({"liste_of": rows, "sirene": [stock(commune="75056")]})
        assert opened.about("departement", "region") == ("75", "11")
        # Beyond the five overseas regions none is known: the list's is.
        assert life.play({"liste_of": rows, "sirene": [stock(commune="97801")]}) == []
        [row] = life.ledger()
        assert (row["departement"], row["region"]) == ("978", "84")


def test_a_location_is_updated_even_when_no_event_is_sent(database: duckdb.DuckDBPyConnection) -> None:
    rows = [of(1), of(2, nda=SECOND)]
    with life_of(RULE_OF["plusieurs_nda"], database) as life:
        life.play({"liste_of": rows, "sirene": [stock(commune="75056")]})
        assert life.play({"liste_of": rows, "sirene": [stock(commune="69123")]}) == []
        [row] = life.ledger()
        assert (row["departement"], row["region"], row["sequence"]) == ("69", "84", 1)


@pytest.mark.parametrize(
    "named",
    [
        {"liste_of": [of(siret=OTHER)]},
        {"habilitations": [held(OTHER)]},
        {"habilitations": [held(OTHER, active=False)]},
        {"repertoire": [document(OTHER)]},
        {"certificateurs_rncp": [certifier(OTHER)]},
        {"certificateurs_rs": [certifier(OTHER, code="RS1")]},
        {"partenaires_rncp": [partner(OTHER)]},
        {"partenaires_rs": [partner(OTHER, code="RS1")]},
        {"annuaire_education": [school(UAI, OTHER)]},
        {"referentiel_onisep": [onisep(UAI, OTHER)]},
        {"ndas_inactifs": [gone(siret=OTHER)]},
    ],
    ids=lambda named: next(iter(named)),
)
def test_every_source_that_names_an_establishment_gives_it_a_location(life: Life, named: Tables) -> None:
    life.play({**named, "sirene": [stock(OTHER), stock(SIBLING)]})
    assert _known(life) == {OTHER}  # nothing names the other one, and Sirene has millions


def test_an_establishment_named_by_the_previous_snapshot_has_a_location(life: Life) -> None:
    assert life.play({"habilitations": [held(OTHER)], "sirene": [stock(OTHER)]}) == []  # an anomaly would name it
    life.play({"sirene": [stock(OTHER)]})
    assert _known(life) == {OTHER}
    life.play({"sirene": [stock(OTHER)]})
    assert _known(life) == set()


@pytest.mark.parametrize(("etat", "known"), [("ouverte", {OTHER}), ("resolue", set())])
def test_an_open_anomaly_names_its_establishment(life: Life, etat: str, known: set[str]) -> None:
    life.database.execute(
        "INSERT INTO ledger (id, code, cle, siret, etat) VALUES ('1', 'autre', '{}', ?, ?)", [OTHER, etat]
    )
    life.play({"sirene": [stock(OTHER)]})
    assert _known(life) == known


def _known(life: Life) -> set[str]:
    return {siret for (siret,) in life.database.execute("SELECT siret FROM named_establishments").fetchall()}


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_rows_of_sirene_the_same_counts_in_any_order(life: Life, order: int) -> None:
    """The latest row counts; of one day, the active one, as in documents."""
    rows = [
        stock(OTHER, commune="75056", debut=None),
        stock(OTHER, "F", "13055", date(2021, 1, 1)),
        stock(OTHER, "A", "69123", date(2021, 1, 1)),
        stock(OTHER, "A", "75101", date(2020, 1, 1)),
    ]
    life.play({"habilitations": [held(OTHER)], "sirene": rows[::order]})
    assert life.database.execute("SELECT etat, code_commune FROM named_establishments").fetchall() == [("A", "69123")]
