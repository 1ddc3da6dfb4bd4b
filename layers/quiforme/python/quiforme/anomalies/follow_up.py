"""The follow-up of anomalies: what agents know of each, and what they did about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class FollowUpStep:
    """One step of the follow-up of an anomaly.

    Attributes:
        version: Counts the steps, from 1.
        statut: What was done (`anomalies.STATUTS`).
        motif: Why it was dismissed; None otherwise.
        commentaire: In the agent's words.
        auteur: Who did it.
        le: When, UTC, ISO 8601.
        empreinte: Of the evidence that the agent had before them.
        jti: The token that was used; in no answer.

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
        """Whether the anomaly is to stay quiet while its evidence stays the same."""
        return self.statut == "classee"


@dataclass(frozen=True, slots=True)
class FollowedAnomaly:
    """One anomaly as it stands.

    Attributes:
        data: The `data` of the last thing that happened to it.
        etat: `ouverte` or `resolue`.
        annonce: Whether consumers know of it (registre.sql).
        jour: Of the last thing that happened to it, ISO.
        evenement: The identifier of the event that told it.
        empreinte: Of its evidence since.
        suivi: The last step of its follow-up; None when nobody took it up.

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
    """One anomaly and all that happened to it.

    Attributes:
        dossier: As it stands.
        evenements: Each with `jour`, `annonce` (whether consumers were told) and `message` (the CloudEvent), in order.
        suivis: The steps of its follow-up, in order.

    """

    dossier: FollowedAnomaly
    evenements: list[dict[str, Any]]
    suivis: list[FollowUpStep]


@dataclass(frozen=True, slots=True)
class AnomalyFilter:
    """Which anomalies to list; None for any.

    Attributes:
        code: Of the rule.
        severite: Of the rule.
        depuis: The day since which something happened to it, ISO.

    """

    code: str | None
    severite: str | None
    depuis: str | None


class VersionConflict(Exception):
    """Somebody else took a step meanwhile."""


class FollowUpStore(Protocol):
    """Holds them."""

    def listed(
        self, region: str | None, etat: str, wanted: AnomalyFilter, *, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """The anomalies of one region (None: of no known region) and state, the latest change first.

        Returns:
            Their identifiers, at most `limit`, and the place after which to go on; None at the end.

        """

    def read(self, identifiers: Sequence[str]) -> list[FollowedAnomaly]:
        """Those of a page, in its order; what is there no more is left out."""

    def whole(self, identifier: str) -> AnomalyHistory | None:
        """One, with all that happened to it."""

    def add(self, identifier: str, step: FollowUpStep) -> None:
        """Take a step after the one before it.

        Raises:
            VersionConflict: It is not the next one any more.

        """

    def statistics(self) -> dict[str, Any] | None:
        """What the last reconciliation counted; None before the first."""


def latest(steps: Iterable[FollowUpStep]) -> FollowUpStep | None:
    """The last of several steps."""
    return max(steps, key=lambda step: step.version, default=None)
