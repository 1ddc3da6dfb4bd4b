"""The producers of the fictitious France as web servers: their own protocols, on this machine."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

from quiforme.clock import today
from quiforme.sources.catalogue import SOURCES

from tests.integration.fetching.server import Act, Request, Server, Wire, redirect, reply, serving, unless_known
from tools.fictitious_france import ban
from tools.in_process import http_service as service
from tools.in_process.insee import Insee

_DATASET = "5eebbc067a14b6fecc9c9976"
_PATHS = {
    "liste_of": "/mon-activite-formation/public/listePubliqueOF",
    "sirene": "/static/StockEtablissement_utf8.parquet",
    "sirene_succession": "/static/StockEtablissementLiensSuccession_utf8.parquet",
    "sirene_unite_legale": "/static/StockUniteLegale_utf8.parquet",
    "annuaire_education": "/catalog/datasets/fr-en-annuaire-education/exports/csv",
    "referentiel_onisep": "/api/v1/organismes.json",
}


@dataclass
class Producers:
    """They serve what was published last, and 304 to whoever knows it already.

    Attributes:
        server: Where they are.
        insee: The Sirene API.
        resources: What France compétences' dataset lists.

    """

    server: Server
    insee: Insee = field(default_factory=Insee)
    resources: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set up what does not depend on the day."""
        for resource in ("sirene", "sirene_succession", "sirene_unite_legale"):
            self.server.on(f"/api/1/datasets/r/{resource}", redirect(_PATHS[resource]))
        self.server.on(f"/api/2/datasets/{_DATASET}/resources/", self._list_resources)
        self.server.on("/search/csv/", _found)
        for path in ("informations", "siret"):
            self.server.on(f"/3.11/{path}", self._ask_insee)

    @property
    def addresses(self) -> dict[str, str]:
        """The template's parameters that lead to them."""
        url = self.server.url
        return {
            "ListeOfAddress": f"{url}{_PATHS['liste_of']}?format=csv",
            "RncpAddress": f"{url}/api/1/datasets/{_DATASET}/",
            "RsAddress": f"{url}/api/1/datasets/{_DATASET}/",
            "SireneAddress": f"{url}/api/1/datasets/r/sirene",
            "SireneSuccessionAddress": f"{url}/api/1/datasets/r/sirene_succession",
            "SireneUniteLegaleAddress": f"{url}/api/1/datasets/r/sirene_unite_legale",
            "AnnuaireEducationAddress": f"{url}{_PATHS['annuaire_education']}?use_labels=true&delimiter=%3B",
            "ReferentielOnisepAddress": f"{url}{_PATHS['referentiel_onisep']}?items_par_page=60000",
            "SireneApiAddress": f"{url}/3.11",
            "GeocoderAddress": url,
        }

    def publish(self, folder: Path, day: date, only: Iterable[str], *, after: Iterable[Act] = ()) -> None:
        """Serve a drop's files of some sources as of a day, once these other answers were given."""
        published = format_datetime(datetime.combine(day, time(4), UTC), usegmt=True)
        for source in SOURCES:
            if source.name in only:
                body = max(path for path in folder.iterdir() if source.matches(path.name)).read_bytes()
                etag = f'"{sha256(body).hexdigest()[:16]}"'
                acts = (*after, unless_known(body, ETag=etag, Last_Modified=published))
                self.server.on(_PATHS.get(source.name) or self._resource(source.name, days_ago=1), *acts)

    def publish_page(self, register: str) -> None:
        """List a newer export of a register, which is an HTML page."""
        page = reply(200, b"<!DOCTYPE html><html>En maintenance</html>", Content_Type="text/html; charset=utf-8")
        self.server.on(self._resource(register, days_ago=0), page)

    def asked(self, source: str) -> list[Request]:
        """The requests for a source's file so far."""
        return [request for request in self.server.requests if request.path == _PATHS[source]]

    def _resource(self, register: str, *, days_ago: int) -> str:
        """List an export; where it is. Its day is the calendar's: an export of a day to come is none."""
        title = f"export-fiches-{register}-v4-1-{today() - timedelta(days=days_ago)}.zip"
        self.resources.append({"id": title, "title": title, "url": f"{self.server.url}/resources/{title}"})
        return f"/resources/{title}"

    def _list_resources(self, request: Request, wire: Wire) -> None:
        found = [resource for resource in self.resources if request.query.get("q", "") in resource["title"]]
        body = json.dumps({"data": found, "next_page": None, "page": 1, "total": len(found)}).encode()
        reply(200, body, Content_Type="application/json")(request, wire)

    def _ask_insee(self, request: Request, wire: Wire) -> None:
        key = {"X-INSEE-Api-Key-Integration": request.headers.get("x-insee-api-key-integration", "")}
        told = self.insee(service.Request(request.path, key, request.body))
        reply(told.status, told.body, Content_Type="application/json")(request, wire)


def _found(request: Request, wire: Wire) -> None:
    body = ban.answer(request.headers["content-type"], request.body)
    reply(200, body, Content_Type="text/csv; charset=utf-8")(request, wire)


@contextmanager
def producing() -> Iterator[Producers]:
    """The producers, for as long as the block runs."""
    with serving() as server:
        yield Producers(server)
