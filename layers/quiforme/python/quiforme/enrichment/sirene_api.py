"""The client of INSEE's Sirene API, 3.11: one query, all its pages (sources.md, c)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, Field, ValidationError

from quiforme.enrichment.service_calls import InvalidAnswer, RateLimiter
from quiforme.fetching.http import Http, HttpAnswer

PAGE_SIZE: Final = 1000
"""The largest page that the API allows, in rows."""

_FIELDS: Final = (
    "siret",
    "statutDiffusionEtablissement",
    "dateDernierTraitementEtablissement",
    "dateCreationEtablissement",
    "etablissementSiege",
    # periodesEtablissement
    "dateDebut",
    "dateFin",
    "etatAdministratifEtablissement",
    "enseigne1Etablissement",
    "denominationUsuelleEtablissement",
    "activitePrincipaleEtablissement",
    # adresseEtablissement
    "complementAdresseEtablissement",
    "numeroVoieEtablissement",
    "indiceRepetitionEtablissement",
    "typeVoieEtablissement",
    "libelleVoieEtablissement",
    "distributionSpecialeEtablissement",
    "codePostalEtablissement",
    "codeCommuneEtablissement",
    "libelleCommuneEtablissement",
    "codeCedexEtablissement",
    "libelleCedexEtablissement",
    "libelleCommuneEtrangerEtablissement",
    "libellePaysEtrangerEtablissement",
    # uniteLegale
    "etatAdministratifUniteLegale",
    "statutDiffusionUniteLegale",
    "dateCreationUniteLegale",
    "categorieJuridiqueUniteLegale",
    "denominationUniteLegale",
    "denominationUsuelle1UniteLegale",
    "sigleUniteLegale",
    "nomUniteLegale",
    "nomUsageUniteLegale",
    "prenomUsuelUniteLegale",
    "pseudonymeUniteLegale",
    "activitePrincipaleUniteLegale",
    "nicSiegeUniteLegale",
)
_FIRST_CURSOR: Final = "*"
_LARGEST_ANSWER: Final = 20_000_000
_NO_ROWS: Final = '{"etablissements": []}'


class KeyRefused(Exception):
    """The API refuses the key."""


class _PageHeader(BaseModel):
    total: int
    following: str | None = Field(None, alias="curseurSuivant")


class _EstablishmentPage(BaseModel):
    header: _PageHeader
    etablissements: list[Any]


class _Collection(BaseModel):
    name: str = Field(alias="collection")
    updated: datetime | None = Field(None, alias="dateDerniereMiseADisposition")


class _Informations(BaseModel):
    collections: list[_Collection] = Field(alias="datesDernieresMisesAJourDesDonnees")


class _ErrorHeader(BaseModel):
    message: str


class _Error(BaseModel):
    header: _ErrorHeader


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the answer to a query.

    Attributes:
        total: How many rows all pages have together.
        rows: How many rows this page has.
        body: The JSON text, with the rows under `etablissements`.
        following: The cursor of the next page.

    """

    total: int
    rows: int
    body: str
    following: str | None


@dataclass(frozen=True, slots=True)
class SireneApi:
    """The API.

    Attributes:
        http: The client.
        address: The base address: ``https://api.insee.fr/api-sirene/3.11``.
        key: The key of the subscription, sent in a header.
        limiter: Spaces the requests.

    """

    http: Http
    address: str
    key: str
    limiter: RateLimiter

    def last_update(self) -> date:
        """The day of the API's last update: everything that INSEE treated before that day is in it.

        Raises:
            KeyRefused: The API refuses the key.
            InvalidAnswer: The answer has no such day.
            OutOfTime: The time budget is used up.
            Unfetchable: No answer.

        """
        self.limiter.wait()
        answer = self.http.get(f"{self._base}/informations", headers=self._headers, limit_bytes=_LARGEST_ANSWER)
        collections = _content(answer, _Informations).collections
        days = {one.name: one.updated.date() for one in collections if one.updated}
        of_establishments = [day for name, day in days.items() if "tablissement" in name]
        day = min(of_establishments or days.values(), default=None)
        if day is None:
            raise InvalidAnswer("its informations name no day")
        return day

    def pages(self, query: str, *, share: float = 1.0) -> Iterator[Page]:
        """The pages of the establishments that match a query, up to the last cursor.

        Args:
            query: In the API's query language.
            share: The part of the time budget that may be used.

        Raises:
            KeyRefused: The API refuses the key.
            InvalidAnswer: A page is malformed, or most of its rows lack what is needed, or the cursor ends too early, or never.
            OutOfTime: The time budget is used up.
            Unfetchable: No answer.

        """
        cursor, received = _FIRST_CURSOR, 0
        while True:
            page = self._page(query, cursor, share)
            received += page.rows
            yield page
            if page.following is None or page.following == cursor:
                if received < page.total:
                    raise InvalidAnswer(f"its cursor ends after {received} rows of {page.total}")
                return
            if not page.rows or received > page.total + PAGE_SIZE:
                raise InvalidAnswer(f"its cursor does not end after {received} rows of {page.total}")
            cursor = page.following

    @property
    def _base(self) -> str:
        return self.address.rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-INSEE-Api-Key-Integration": self.key, "Accept": "application/json"}

    def _page(self, query: str, cursor: str, share: float) -> Page:
        self.limiter.wait(share=share)
        fields = {"q": query, "nombre": str(PAGE_SIZE), "curseur": cursor, "champs": ",".join(_FIELDS)}
        answer = self.http.post(
            f"{self._base}/siret", fields=fields, headers=self._headers, limit_bytes=_LARGEST_ANSWER
        )
        if cursor == _FIRST_CURSOR and _matches_nothing(answer):
            return Page(0, 0, _NO_ROWS, None)
        content = _content(answer, _EstablishmentPage)
        _check_rows(content.etablissements)
        header = content.header
        return Page(header.total, len(content.etablissements), answer.body.decode(), header.following)


def _check_rows(rows: list[Any]) -> None:
    """A row of which nothing can be used is left out; most rows of a page are not, whatever their number."""
    for name in ("siret", "periodesEtablissement"):
        without = sum(not (isinstance(row, dict) and row.get(name)) for row in rows)
        if 2 * without > len(rows):
            raise InvalidAnswer(f"{without} of the {len(rows)} rows of a page lack {name}")


def _matches_nothing(answer: HttpAnswer) -> bool:
    """Whether it is the 404 of a query without results; any other 404 is a wrong address."""
    if answer.status != 404:
        return False
    try:
        message = _Error.model_validate_json(answer.body).header.message
    except ValidationError:
        return False
    return message.casefold().startswith("aucun")


def _content(answer: HttpAnswer, model: type[_Model]) -> _Model:
    if answer.status in (401, 403):
        raise KeyRefused(f"it refuses the key ({answer.status})")
    if answer.status != 200:
        raise InvalidAnswer(f"it answers {answer.status}")
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        raise InvalidAnswer(f"its JSON is not what it should be: {error.errors()[0]['type']}") from None
