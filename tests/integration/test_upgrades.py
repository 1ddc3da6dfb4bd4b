"""A new version deployed over what an earlier one stored continues with the same files of the producers.

Each archive of `upgrades/` is what the version and commit of its name left after some days
(tools/in_process/stored_state.py).
"""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tools.fictitious_france import FIRST_DAY
from tools.in_process.stored_state import DAYS, load
from tools.in_process.system import System

ARCHIVES = sorted((Path(__file__).parent / "upgrades").glob("*.tar.xz"))
NEXT_DAY = FIRST_DAY + timedelta(days=DAYS)
REPHRASED = {
    "habilitation_sur_fiche_inactive",  # one anomaly a fiche, where there was one for each partner of it
    "fin_enregistrement_depassee",
    "habilitation_sans_nda",
    "uai_multiples",
    "adresse_divergente",
    "lignes_rejetees",
    "source_refusee",
}
"""The rules that say other things of the same sources since 0.1.0."""


@pytest.fixture(scope="module", params=ARCHIVES, ids=lambda path: path.name.removesuffix(".tar.xz"))
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> System:
    """The system of an earlier version."""
    return load(request.param, tmp_path_factory.mktemp("upgraded"))


@pytest.fixture(scope="module")
def stored(upgraded: System) -> System:
    """A copy as the earlier version left it."""
    return upgraded.copied(upgraded.root.with_name("stored"))


@pytest.fixture(scope="module")
def first_run(stored: System, upgraded: System) -> dict[str, dict[str, str]]:
    """The sources in the summary of the first run of the new version."""
    return upgraded.ingest(NEXT_DAY)["sources"]  # type: ignore[no-any-return]


def test_each_file_is_read_again_though_it_is_the_same(first_run: dict[str, dict[str, str]]) -> None:
    states = {name: source["state"] for name, source in first_run.items()}
    assert states == dict.fromkeys(states, "accepted") | {
        "referentiel_onisep": "refused",  # its file is damaged: the table that the earlier version kept stays in use
        "sirene_unite_legale": "missing",  # a source that the earlier version did not have
    }


def test_the_documents_say_the_same_and_more_beside(
    stored: System, upgraded: System, first_run: dict[str, dict[str, str]]
) -> None:
    assert first_run
    assert upgraded.registry.documents() == stored.registry.documents()
    details = [json.loads(item.details) for item in upgraded.registry.answers().values() if item.etat == "document"]
    roles = [one["role"] for every in details for one in every["habilitations"].values()]
    assert roles
    assert all(roles)
    assert any(one["etablissement"]["date_creation"] for one in details)


def test_the_anomalies_stay_but_those_of_rules_that_changed(
    upgraded: System, first_run: dict[str, dict[str, str]]
) -> None:
    assert first_run
    upgraded.outbox.events.clear()
    upgraded.reconcile(NEXT_DAY)
    sent = [
        (event["data"]["code"], event["type"].split(".")[3], event["data"]["id"]) for event in upgraded.outbox.events
    ]
    assert {code for code, _, _ in sent} <= REPHRASED
    assert len({identifier for _, _, identifier in sent}) == len(sent)
    kinds = {kind for code, kind, _ in sent if code == "habilitation_sur_fiche_inactive"}
    assert kinds == {"resolue", "ouverte"}


def test_the_day_after_nothing_changes(upgraded: System, first_run: dict[str, dict[str, str]]) -> None:
    assert first_run
    upgraded.reconcile(NEXT_DAY)
    upgraded.outbox.events.clear()
    summary = upgraded.ingest(NEXT_DAY + timedelta(days=1))
    assert {source["state"] for source in summary["sources"].values()} == {"unchanged", "refused", "missing"}
    assert summary["documents"]["unchanged"] == summary["documents"]["total"]
    upgraded.reconcile(NEXT_DAY + timedelta(days=1))
    assert [event["data"]["code"] for event in upgraded.outbox.events] == []
