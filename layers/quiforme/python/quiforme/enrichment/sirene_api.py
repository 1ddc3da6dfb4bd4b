"""INSEE's Sirene API, 3.11: one question, all its pages (sources.md, c)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, Field, ValidationError

from quiforme.enrichment.asking import Pace, Unusable
from quiforme.fetching.http import Http, HttpAnswer

PAGE: Final = 1000
"""The most rows that a page may hold."""

_FIELDS: Final = (
    "siret,statutDiffusionEtablissement,dateDernierTraitementEtablissement,codeCommuneEtablissement,"
    "dateDebut,dateFin,etatAdministratifEtablissement"
)
_FIRST: Final = "*"
_LONGEST: Final = 20_000_000
_NOTHING: Final = '{"etablissements": []}'


class KeyRefused(Exception):
    """The service does not let this key in."""


class _Header(BaseModel):
    total: int
    following: str | None = Field(None, alias="curseurSuivant")


class _Establishments(BaseModel):
    header: _Header
    etablissements: list[Any]


class _Collection(BaseModel):
    name: str = Field(alias="collection")
    disposed: datetime | None = Field(None, alias="dateDerniereMiseADisposition")


class _Informations(BaseModel):
    collections: list[_Collection] = Field(alias="datesDernieresMisesAJourDesDonnees")


class _Refusal(BaseModel):
    message: str


class _Refused(BaseModel):
    header: _Refusal


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the answer to a question.

    Attributes:
        total: How many rows the whole answer has.
        rows: How many this page has.
        body: JSON, the rows under `etablissements`.
        following: The cursor of the next page.

    """

    total: int
    rows: int
    body: str
    following: str | None


@dataclass(frozen=True, slots=True)
class ApiSirene:
    """The service.

    Attributes:
        http: The client.
        address: Without the resource: ``https://api.insee.fr/api-sirene/3.11``.
        key: Of the subscription; it travels in a header.
        pace: When the next request may leave.

    """

    http: Http
    address: str
    key: str
    pace: Pace

    def available(self) -> date:
        """The day the establishments were last put at disposal: what was treated before that day is all there.

        Raises:
            KeyRefused: The key does not open the service.
            Unusable: The answer says no such day.
            OutOfTime: There is no turn left.
            Unfetchable: There is no answer.

        """
        self.pace.wait()
        answer = self.http.get(f"{self._base}/informations", headers=self._headers, limit_bytes=_LONGEST)
        collections = _content(answer, _Informations).collections
        days = {one.name: one.disposed.date() for one in collections if one.disposed}
        of_establishments = [day for name, day in days.items() if "tablissement" in name]
        day = min(of_establishments or days.values(), default=None)
        if day is None:
            raise Unusable("its informations name no day")
        return day

    def pages(self, question: str, *, share: float = 1.0) -> Iterator[Page]:
        """The pages of an answer, the cursor followed to its end.

        Args:
            question: In the service's language, over establishments.
            share: The part of the time budget that it may use.

        Raises:
            KeyRefused: The key does not open the service.
            Unusable: A page is not what it should be, or the cursor ends too early, or never.
            OutOfTime: There is no turn left.
            Unfetchable: There is no answer.

        """
        cursor, received = _FIRST, 0
        while True:
            page = self._page(question, cursor, share)
            received += page.rows
            yield page
            if page.following is None or page.following == cursor:
                if received < page.total:
                    raise Unusable(f"its cursor ends after {received} rows of {page.total}")
                return
            if not page.rows or received > page.total + PAGE:
                raise Unusable(f"its cursor does not end after {received} rows of {page.total}")
            cursor = page.following

    @property
    def _base(self) -> str:
        return self.address.rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-INSEE-Api-Key-Integration": self.key, "Accept": "application/json"}

    def _page(self, question: str, cursor: str, share: float) -> Page:
        self.pace.wait(share=share)
        fields = {"q": question, "nombre": str(PAGE), "curseur": cursor, "champs": _FIELDS}
        answer = self.http.post(f"{self._base}/siret", fields=fields, headers=self._headers, limit_bytes=_LONGEST)
        if cursor == _FIRST and _finds_nothing(answer):
            return Page(0, 0, _NOTHING, None)
        content = _content(answer, _Establishments)
        header = content.header
        return Page(header.total, len(content.etablissements), answer.body.decode(), header.following)


def _finds_nothing(answer: HttpAnswer) -> bool:
    """Nothing found is a 404 that says so in its body; any other 404 is a wrong address."""
    if answer.status != 404:
        return False
    try:
        message = _Refused.model_validate_json(answer.body).header.message
    except ValidationError:
        return False
    return message.casefold().startswith("aucun")


def _content(answer: HttpAnswer, model: type[_Model]) -> _Model:
    if answer.status in (401, 403):
        raise KeyRefused(f"it refuses the key ({answer.status})")
    if answer.status != 200:
        raise Unusable(f"it answers {answer.status}")
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        raise Unusable(f"its JSON is not what it should be: {error.errors()[0]['type']}") from None
