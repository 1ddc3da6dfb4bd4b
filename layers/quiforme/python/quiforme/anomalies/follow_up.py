"""The follow-up of anomalies, as agents read and write it.

The attributes of a step and of an anomaly have the names of the stored and answered fields, in French.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class FollowUpStep:
    """One step of the follow-up of an anomaly.

    Attributes:
        version: The number of the step, from 1.
        statut: What the agent did (`api.follow_up_step.STATUTS`).
        motif: The reason for a dismissal; None otherwise.
        commentaire: The agent's comment.
        auteur: The agent.
        le: When, ISO 8601, UTC.
        empreinte: The digest of the evidence that the agent saw.
        jti: The token that was used; never answered.

    """

    version: int
    statut: str
    motif: str | None
    commentaire: str | None
    auteur: str
    le: str
    empreinte: str
    jti: str

    @property
    def dismisses(self) -> bool:
        """Whether the anomaly is ignored as long as its evidence stays the same."""
        return self.statut == "classee"


@dataclass(frozen=True, slots=True)
class FollowedAnomaly:
    """The present state of one anomaly.

    Attributes:
        data: The `data` of its last event.
        etat: `ouverte` or `resolue`.
        annonce: Whether its opening was announced to consumers (`annonce` in ledger.sql).
        jour: The day of its last event, ISO 8601.
        evenement: The identifier of its last event.
        empreinte: The digest of its present evidence.
        suivi: The last step of its follow-up; None before the first.

    """

    data: dict[str, Any]
    etat: str
    annonce: str
    jour: str
    evenement: str
    empreinte: str
    suivi: FollowUpStep | None


@dataclass(frozen=True, slots=True)
class AnomalyHistory:
    """One anomaly, its events and its follow-up.

    Attributes:
        anomaly: Its present state.
        evenements: Its events in order, each with `jour`, `annonce` (whether it was sent to consumers) and `message` (the
            CloudEvent).
        suivis: The steps of its follow-up, in order.

    """

    anomaly: FollowedAnomaly
    evenements: list[dict[str, Any]]
    suivis: list[FollowUpStep]


@dataclass(frozen=True, slots=True)
class AnomalyFilter:
    """Which anomalies to list; None for any.

    Attributes:
        code: The rule's code.
        severite: The rule's severity.
        depuis: The earliest day of the last event, ISO 8601.

    """

    code: str | None
    severite: str | None
    depuis: str | None


class VersionConflict(Exception):
    """Another step was added meanwhile."""


class FollowUpStore(Protocol):
    """Stores anomalies and their follow-up."""

    def listed(
        self, region: str | None, etat: str, wanted: AnomalyFilter, *, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """List the anomalies of one region (None: of no known region) and one state, the latest change first.

        Args:
            region: INSEE code.
            etat: `ouverte` or `resolue`.
            wanted: Which of them.
            after: The position to start after, as a previous call returned it; None to start at the first.
            limit: The largest number of anomalies.

        Returns:
            Their identifiers, and the position of the last one; None instead when there are no more.

        """

    def read(self, identifiers: Sequence[str]) -> list[FollowedAnomaly]:
        """The anomalies of these identifiers, in the same order; unknown ones are left out."""

    def whole(self, identifier: str) -> AnomalyHistory | None:
        """One anomaly with its history; None if it is unknown."""

    def add(self, identifier: str, step: FollowUpStep) -> None:
        """Add a step after the previous one.

        Raises:
            VersionConflict: Another step of this version exists.

        """

    def statistics(self) -> dict[str, Any] | None:
        """The statistics of the last reconciliation; None before the first."""
