"""The follow-up in DynamoDB against the one in memory, that the API's tests use: they have to say the same."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from quiforme.anomalies.follow_up import AnomalyFilter, FollowUpStep, VersionConflict
from quiforme.aws.follow_up import DynamoFollowUp
from quiforme.aws.followed_anomalies import DynamoFollowUpStore, event_rank

from tests.integration.api.news import news
from tools.in_process.cloud import deployed
from tools.in_process.doubles import MemoryFollowUp

STEP = FollowUpStep(1, "contactee", None, None, "C. Martin", "2026-11-24T10:00:00Z", "un".ljust(32, "0"), "jti-1")
NEWS = [
    *(news(number, day=f"2026-11-{number % 28 + 1:02}", region=("11", "94", None)[number % 3]) for number in range(60)),
    *(
        news(number, 2, status="resolue", day="2026-11-29", region=("11", "94", None)[number % 3])
        for number in range(20)
    ),
    *(news(number, code="etablissement_ferme", evidence="deux") for number in range(60, 70)),
    *(news(number, announcement="retenue") for number in range(70, 75)),
]


@pytest.fixture
def stores() -> Iterator[tuple[DynamoFollowUp, DynamoFollowUpStore, MemoryFollowUp]]:
    with deployed() as cloud:
        client, table = boto3.client("dynamodb"), cloud.names["FollowUp"]
        yield DynamoFollowUp(client, table), DynamoFollowUpStore(client, table), MemoryFollowUp()


@pytest.mark.prove
def test_they_say_the_same(stores: tuple[DynamoFollowUp, DynamoFollowUpStore, MemoryFollowUp]) -> None:
    writer, dossiers, memory = stores
    for several in (NEWS[:60], NEWS[60:]):  # an anomaly comes once in what one run has to tell
        writer.record(several)
        memory.record(several)
    for wanted in (
        AnomalyFilter(None, None, None),
        AnomalyFilter("etablissement_ferme", None, None),
        AnomalyFilter(None, "majeure", "2026-11-10"),
        AnomalyFilter(None, None, "2026-11-10"),
        AnomalyFilter("siret_invalide", None, None),
    ):
        for region in ("11", "94", None, "53"):
            for etat in ("ouverte", "resolue"):
                for limit in (1, 7, 100):
                    after = None
                    while True:
                        found = dossiers.listed(region, etat, wanted, after=after, limit=limit)
                        assert found == memory.listed(region, etat, wanted, after=after, limit=limit)
                        assert dossiers.read(found[0]) == memory.read(found[0])
                        after = found[1]
                        if after is None:
                            break
    for number in (0, 30, 65, 72):
        assert dossiers.whole(f"{number:032x}") == memory.whole(f"{number:032x}")
    assert dossiers.whole("f" * 32) is None
    assert dossiers.whole("statistiques") is None


def test_an_event_that_was_not_entered_yet_is_no_failure(
    stores: tuple[DynamoFollowUp, DynamoFollowUpStore, MemoryFollowUp],
) -> None:
    """The state may be there before what happened, when a reconciliation dies between the two."""
    follow_up, dossiers, _ = stores
    follow_up.record([news(1)])
    client = boto3.client("dynamodb")
    [table] = [name for name in client.list_tables()["TableNames"] if "FollowUp" in name]
    key = {"id": {"S": f"{1:032x}"}, "rang": {"S": event_rank(1)}}
    assert client.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]
    whole = dossiers.whole(f"{1:032x}")
    assert whole
    assert (whole.evenements, whole.anomaly.evenement) == ([], f"{1:032x}:1")


def test_entering_it_again_changes_nothing(stores: tuple[DynamoFollowUp, DynamoFollowUpStore, MemoryFollowUp]) -> None:
    writer, dossiers, _ = stores
    writer.record([news(1)])
    dossiers.add(f"{1:032x}", STEP)
    before = dossiers.whole(f"{1:032x}")
    writer.record([news(1)])
    assert dossiers.whole(f"{1:032x}") == before
    assert before
    assert before.suivis == [STEP]


def test_a_step_comes_after_the_one_before_it(
    stores: tuple[DynamoFollowUp, DynamoFollowUpStore, MemoryFollowUp],
) -> None:
    writer, dossiers, memory = stores
    writer.record([news(1), news(2)])
    memory.record([news(1), news(2)])
    one = f"{1:032x}"
    second = replace(STEP, version=2, statut="classee", motif="Doublon.")
    for store in (dossiers, memory):
        with pytest.raises(VersionConflict):
            store.add(one, second)
        store.add(one, STEP)
        for wrong in (STEP, replace(STEP, version=3)):
            with pytest.raises(VersionConflict):
                store.add(one, wrong)
        store.add(one, second)
    assert dossiers.whole(one) == memory.whole(one)
    assert list(writer.dismissed()) == list(memory.dismissed()) == [(one, STEP.empreinte)]
    for store in (dossiers, memory):
        store.add(one, replace(STEP, version=3))
    assert list(writer.dismissed()) == list(memory.dismissed()) == []


def test_statistics(stores: tuple[DynamoFollowUp, DynamoFollowUpStore, MemoryFollowUp]) -> None:
    writer, dossiers, _ = stores
    assert dossiers.statistics() is None
    writer.record_statistics({"jour": "2026-11-24", "generation": 1, "lignes": [{"region": None, "age": 1.5}]})
    assert dossiers.statistics() == {"jour": "2026-11-24", "generation": 1, "lignes": [{"region": None, "age": 1.5}]}
