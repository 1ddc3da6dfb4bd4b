"""INSEE's API as documented: informations, queries by day and by SIREN, cursors, selected fields."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tools.in_process.http_service import Reply, Request

KEY = "k-1234"


def establishment(
    siret: str,
    treated: str,
    *,
    etat: str = "A",
    debut: str = "2020-01-01",
    commune: str = "75111",
    diffusion: str = "O",
) -> dict[str, Any]:
    """An establishment of the API: its periods, newest first; the current one has no end."""
    return {
        "siren": siret[:9],
        "nic": siret[9:],
        "siret": siret,
        "statutDiffusionEtablissement": diffusion,
        "dateCreationEtablissement": "2000-01-01",
        "dateDernierTraitementEtablissement": treated,
        "etablissementSiege": siret.endswith("00013"),
        "uniteLegale": unit(diffusion),
        "adresseEtablissement": {
            "complementAdresseEtablissement": None,
            "numeroVoieEtablissement": _disclosed("12", diffusion),
            "indiceRepetitionEtablissement": None,
            "typeVoieEtablissement": _disclosed("RUE", diffusion),
            "libelleVoieEtablissement": _disclosed("DES ECOLES", diffusion),
            "codePostalEtablissement": "75011",
            "libelleCommuneEtablissement": "PARIS",
            "libelleCommuneEtrangerEtablissement": None,
            "distributionSpecialeEtablissement": None,
            "codeCommuneEtablissement": commune,
            "codeCedexEtablissement": None,
            "libelleCedexEtablissement": None,
            "codePaysEtrangerEtablissement": None,
            "libellePaysEtrangerEtablissement": None,
        },
        "periodesEtablissement": [
            period(None, debut, etat, enseigne=_disclosed("ECOLE", diffusion)),
            period("2019-12-31", "2000-01-01", "A"),
        ],
    }


def period(
    fin: str | None, debut: str | None, etat: str | None, *, changed: bool = True, enseigne: str | None = None
) -> dict[str, Any]:
    """A period of an establishment; `changed`: its state is not that of the period before."""
    return {
        "dateFin": fin,
        "dateDebut": debut,
        "etatAdministratifEtablissement": etat,
        "changementEtatAdministratifEtablissement": changed,
        "enseigne1Etablissement": enseigne,
        "denominationUsuelleEtablissement": None,
        "activitePrincipaleEtablissement": "85.59A",
    }


def unit(diffusion: str = "O") -> dict[str, Any]:
    """The legal unit that the API gives with an establishment."""
    return {
        "etatAdministratifUniteLegale": "A",
        "statutDiffusionUniteLegale": diffusion,
        "dateCreationUniteLegale": "2000-01-01",
        "categorieJuridiqueUniteLegale": "5710",
        "denominationUniteLegale": _disclosed("ORGANISME DE FORMATION", diffusion),
        "sigleUniteLegale": _disclosed("ODF", diffusion),
        "denominationUsuelle1UniteLegale": None,
        "sexeUniteLegale": None,
        "nomUniteLegale": None,
        "nomUsageUniteLegale": None,
        "prenomUsuelUniteLegale": None,
        "pseudonymeUniteLegale": None,
        "activitePrincipaleUniteLegale": "85.59A",
        "nicSiegeUniteLegale": "00013",
    }


def _disclosed(text: str, diffusion: str) -> str:
    """What the API says of an establishment, some of it masked when its diffusion is partial."""
    return text if diffusion == "O" else "[ND]"


@dataclass
class Insee:
    """Attributes:
    updated: When the API's establishments were last updated.
    establishments: The whole register.
    page: The most rows of a page, whatever the request says.

    """

    updated: str = "2026-11-06T07:12:03"
    establishments: list[dict[str, Any]] = field(default_factory=list)
    page: int = 1000

    def __call__(self, request: Request) -> Reply:
        if request.headers.get("X-INSEE-Api-Key-Integration") != KEY:
            return Reply(401, b'{"header": {"statut": 401, "message": "Unauthorized"}}')
        if request.path == "/3.11/informations":
            collections = [
                {"collection": "Liens de succession", "dateDerniereMiseADisposition": "2026-11-02T07:12:03"},
                {"collection": "Établissements", "dateDerniereMiseADisposition": self.updated},
            ]
            return _json(200, {"datesDernieresMisesAJourDesDonnees": collections})
        if request.path != "/3.11/siret":
            return Reply(404, b"No context-path matches the request URI.")
        return self._search({name: value[0] for name, value in parse_qs(request.body.decode()).items()})

    def _search(self, form: dict[str, str]) -> Reply:
        found = sorted(
            (one for one in self.establishments if _matches(one, form["q"])), key=lambda one: str(one["siret"])
        )
        if not found:
            message = f"Aucun élément trouvé pour q={form['q']}"
            return _json(404, {"header": {"statut": 404, "message": message}})
        cursor = form["curseur"]
        after = "" if cursor == "*" else cursor.removeprefix("AoEu")
        rows = [one for one in found if one["siret"] > after][: min(int(form["nombre"]), self.page)]
        following = "AoEu" + (rows[-1]["siret"] if rows else after)
        header = {
            "statut": 200,
            "message": "OK",
            "total": len(found),
            "nombre": len(rows),
            "curseur": cursor,
            "curseurSuivant": following,
        }
        fields = set(form["champs"].split(","))
        return _json(200, {"header": header, "etablissements": [_only(one, fields) for one in rows]})


def queries(requests: list[Request]) -> list[str]:
    """The queries sent, one for each page."""
    forms = [parse_qs(request.body.decode()) for request in requests if request.body]
    return [form["q"][0] for form in forms]


def _matches(one: dict[str, Any], query: str) -> bool:
    if query.startswith("dateDernierTraitementEtablissement:"):
        treated: str = one["dateDernierTraitementEtablissement"]
        return treated.startswith(query.partition(":")[2])
    prefixes = tuple(term.removeprefix("siret:").removesuffix("*") for term in query.split(" OR "))
    siret: str = one["siret"]
    return siret.startswith(prefixes)


def _only(value: Any, fields: set[str]) -> Any:
    """The selected fields, at any depth."""
    if isinstance(value, list):
        return [_only(part, fields) for part in value]
    kept = {name: _only(part, fields) if isinstance(part, (dict, list)) else part for name, part in value.items()}
    return {name: part for name, part in kept.items() if name in fields or (isinstance(part, (dict, list)) and part)}


def _json(status: int, content: Any) -> Reply:
    headers = {"Content-Type": "application/json;charset=utf-8"}
    return Reply(status, json.dumps(content, ensure_ascii=False).encode(), headers)
