"""What an agent says of an anomaly: the body of a step of its follow-up."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from quiforme.anomalies.follow_up import FollowUpStep
from quiforme.api.bodies import read_object
from quiforme.api.http import Request
from quiforme.errors import ApiError, Problem, step_malformed

STATUTS: Final = ("contactee", "confirmee", "corrigee_a_la_source", "classee")
"""The establishment was contacted; it confirms; it had it corrected at the source; there is nothing to do, and why."""
LARGEST_REQUEST: Final = 16_384
LONGEST_NAME, LONGEST_TEXT = 200, 2_000
_HALF: Final = re.compile("[\ud800-\udfff]")
_EVENT: Final = re.compile("[0-9a-f]{32}:[1-9][0-9]{0,5}")
_FIELDS: Final = frozenset({"statut", "motif", "commentaire", "auteur", "version", "evenement"})


@dataclass(frozen=True, slots=True)
class Given:
    """A step as it was sent.

    Attributes:
        statut: One of STATUTS.
        motif: Why it is dismissed; None for the other three.
        commentaire: In the agent's words.
        auteur: Who says so.
        version: Of the follow-up that the agent had before them, 0 when there was none.
        evenement: The last event of the anomaly that the agent had before them; None, whichever is the last.

    """

    statut: str
    motif: str | None
    commentaire: str | None
    auteur: str
    version: int
    evenement: str | None

    def says_the_same_as(self, step: FollowUpStep) -> bool:
        """Whether a step that was taken is this one."""
        return (self.statut, self.motif, self.commentaire, self.auteur) == (
            step.statut,
            step.motif,
            step.commentaire,
            step.auteur,
        )


def read_step(request: Request) -> Given:
    """Read the body.

    Raises:
        ApiError: 400, 413, 415, or 422 with an entry for each wrong field.

    """
    content = read_object(request, LARGEST_REQUEST)
    if content is None:
        raise ApiError(422, step_malformed(None, "doit être un objet JSON"))
    problems = list(_problems(content))
    if problems:
        raise ApiError(422, *problems)
    return Given(
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
    """JSON has one kind of number, and 1.0 is whole; a bool is an int as well here."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**6 and value == int(value)


def _is_text(value: object, longest: int) -> bool:
    """A text that says something; JSON can hold half a character (a lone surrogate), and no store can."""
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= longest and not _HALF.search(value)


def _text(value: str | None) -> str | None:
    return value.strip() if value is not None else None
