"""The body of a request that adds a step to an anomaly's follow-up."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from quiforme.anomalies.follow_up import FollowUpStep
from quiforme.api.bodies import read_object
from quiforme.api.http import Request
from quiforme.errors import ApiError, Problem, step_malformed

STATUTS: Final = ("contactee", "confirmee", "corrigee_a_la_source", "classee")
"""The establishment was contacted; it confirms; it had the source corrected; the anomaly is dismissed, with a reason."""
LARGEST_REQUEST: Final = 16_384
LONGEST_NAME, LONGEST_TEXT = 200, 2_000
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_EVENT: Final = re.compile("[0-9a-f]{32}:[1-9][0-9]{0,5}")
_FIELDS: Final = frozenset({"statut", "motif", "commentaire", "auteur", "version", "evenement"})


@dataclass(frozen=True, slots=True)
class SubmittedStep:
    """A step as the caller sent it.

    Attributes:
        statut: One of STATUTS.
        motif: The reason for a dismissal; None for the other three.
        commentaire: The agent's comment.
        auteur: The agent.
        version: The version of the follow-up that the agent saw; 0 when there was none.
        evenement: The identifier of the last event that the agent saw; None skips the check.

    """

    statut: str
    motif: str | None
    commentaire: str | None
    auteur: str
    version: int
    evenement: str | None

    def repeats(self, step: FollowUpStep) -> bool:
        """Whether a stored step has the same content."""
        return (self.statut, self.motif, self.commentaire, self.auteur) == (
            step.statut,
            step.motif,
            step.commentaire,
            step.auteur,
        )


def read_step(request: Request) -> SubmittedStep:
    """Read the body of a request.

    Raises:
        ApiError: 400, 413, 415, or 422 with an entry for each wrong field.

    """
    content = read_object(request, LARGEST_REQUEST)
    if content is None:
        raise ApiError(422, step_malformed(None, "doit être un objet JSON"))
    problems = list(_problems(content))
    if problems:
        raise ApiError(422, *problems)
    return SubmittedStep(
        content["statut"],
        _text(content.get("motif")),
        _text(content.get("commentaire")),
        content["auteur"].strip(),
        int(content["version"]),
        content.get("evenement"),
    )


def _problems(content: dict[str, Any]) -> Iterator[Problem]:
    for name in sorted(content.keys() - _FIELDS):
        yield step_malformed(name[:50], "n'existe pas")
    statut, motif, version = content.get("statut"), content.get("motif"), content.get("version")
    if statut not in STATUTS:
        yield step_malformed("statut", f"doit valoir {', '.join(STATUTS[:-1])} ou {STATUTS[-1]}")
    if not _is_text(content.get("auteur"), LONGEST_NAME):
        yield step_malformed("auteur", f"est obligatoire : un texte de 1 à {LONGEST_NAME} caractères")
    if content.get("commentaire") is not None and not _is_text(content["commentaire"], LONGEST_TEXT):
        yield step_malformed("commentaire", f"doit être un texte de 1 à {LONGEST_TEXT} caractères, ou null")
    if statut == "classee" and not _is_text(motif, LONGEST_TEXT):
        yield step_malformed("motif", f"est obligatoire pour classer : un texte de 1 à {LONGEST_TEXT} caractères")
    if statut != "classee" and motif is not None:
        yield step_malformed("motif", "ne se donne que pour classer")
    event = content.get("evenement")
    if event is not None and not (isinstance(event, str) and _EVENT.fullmatch(event)):
        yield step_malformed("evenement", "doit être l'identifiant d'un évènement de l'anomalie, ou null")
    if not _is_whole(version):
        yield step_malformed("version", "est obligatoire : celle du suivi affiché, 0 s'il n'y en a pas")


def _is_whole(value: object) -> bool:
    """Whether a JSON number is whole; 1.0 is, and `true` is no number although Python's bool is an int."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**6 and value == int(value)


def _is_text(value: object, longest: int) -> bool:
    """Whether a value is a text that is not blank and that UTF-8 can hold: JSON may contain lone surrogates."""
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= longest and not _SURROGATE.search(value)


def _text(value: str | None) -> str | None:
    return value.strip() if value is not None else None
