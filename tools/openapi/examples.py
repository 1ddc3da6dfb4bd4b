"""Real answers for the examples: the function's own handler, on a few days of the fictitious France."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError
from quiforme.api.backend import Export
from quiforme.api.establishments import LARGEST_REQUEST
from quiforme.api.follow_up_step import LARGEST_REQUEST as LARGEST_STEP
from quiforme.api.routes import ROUTES
from quiforme.registry.ports import Held, Losses, Publication

from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.cast import CERTIFIED, CERTIFIED_THROUGH_LEGAL_UNIT, UNKNOWN
from tools.in_process.cloud import Function, deployed
from tools.in_process.doubles import MemoryFollowUp
from tools.in_process.lookup import SECRET, Registry, Service, event
from tools.in_process.system import System
from tools.local_stack.template import of_type
from tools.openapi.description.openapi import Answer

DAYS = 3
CHANGED = "99002310300015"
"""An establishment that loses a fiche and gets it back."""
NDA_OF_CERTIFIED, UAI_OF_CERTIFIED, CODE_OF_CERTIFIED = "11750001075", "0750010D", "RNCP90010"
V3 = "/v3/carif_oref/etablissements/{siret}/certifications_qualiopi_france_competences"
ONE = "/v1/etablissements/{siret}"
HISTORY = "/v1/etablissements/{siret}/historique"
BATCH = "/v1/etablissements/recherche"
SIREN = "/v1/unites-legales/{siren}/etablissements"
NDA = "/v1/declarations/{nda}/etablissements"
UAI = "/v1/uai/{uai}/etablissements"
CERTIFICATION = "/v1/certifications/{code}/etablissements"
ANOMALIES = "/v1/anomalies"
STATISTICS = "/v1/anomalies/statistiques"
ANOMALY = "/v1/anomalies/{id}"
STEP = "/v1/anomalies/{id}/suivi"
EXPORTS = "/v1/exports"
RAW = "/organisme/{siret}"
STATE = "/v1/etat"
PING = "/ping/carif_oref/qualiopi"
_TRACE = {"context": "aides publiques", "object": "dossier 2026-127", "recipient": "00000000000000"}
_CONNECTOR = {"token-connexion": SECRET}


class Broken:
    """A registry that cannot be read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object) -> None:
            raise self._error

        return fail


@dataclass
class Deployment:
    """The look-up's handler, on stores in memory."""

    lookup: Function
    service: Service
    registry: Registry
    answers: list[Answer] = field(default_factory=list)

    def ask(self, status: int, name: str, summary: str, resource: str, **given: Any) -> None:
        """Call, check the status, and record the answer."""
        self.lookup.globals["backend"] = self.service.backend
        sent = given.pop("sent", None)
        if sent is not None:
            given |= {"body": json.dumps(sent), "headers": {"Content-Type": "application/json"}}
        answer = self.lookup(event(resource, ROUTES[resource].method, **given))
        assert answer["statusCode"] == status, (resource, name, answer)
        body = json.loads(answer["body"])
        path = {key: value for key, value in given.items() if f"{{{key}}}" in resource}
        self.answers.append(Answer(resource, status, name, summary, body, path | given.get("query", {}), sent))

    @contextmanager
    def with_registry(self, registry: Any) -> Iterator[None]:
        """Another registry while the block runs."""
        self.service.registry = registry
        yield
        self.service.registry = self.registry


def answers() -> list[Answer]:
    """One or more real answers for every status of every resource; deterministic."""
    with TemporaryDirectory() as folder, deployed() as cloud:
        system = System(Path(folder))
        for number in range(DAYS):
            day = FIRST_DAY + timedelta(days=number)
            write_day(system.drop, day, ministry_fiches=3)
            system.ingest(day)
            system.reconcile(day)
        deployment = _deployment(cloud.function("Lookup"), system)
        _found(deployment)
        _followed(deployment)
        _refused(deployment)
        return [*deployment.answers, _saturated()]


def _deployment(lookup: Function, system: System) -> Deployment:
    pointer = system.registry.pointer
    assert pointer
    # The storage key of the snapshot is random, but no answer contains it.
    registry = Registry(
        pointer, system.registry.items, {day.isoformat(): known for day, known in system.registry.days.items()}
    )
    now = datetime.combine(FIRST_DAY + timedelta(days=DAYS - 1), datetime.min.time(), UTC) + timedelta(hours=6)
    for news in system.follow_up.events.values():
        news.event["time"] = f"{news.day}T04:12:09Z"  # otherwise the time of this run
    service = Service(
        registry,
        files={pointer.generation: _files(system, pointer)},
        follow_up=system.follow_up,
        now=now.timestamp(),
    )
    return Deployment(lookup, service, registry)


def _files(system: System, publication: Publication) -> list[Export]:
    """The exports that the run wrote, with dead links, and sizes that do not depend on the version of a compressor."""
    return [
        Export(
            Path(key).name,
            1_000 * len(Path(key).name),
            f"https://exemple.s3.eu-west-3.amazonaws.com/{key}?X-Amz-Expires=600&X-Amz-Signature=exemple",
        )
        for key in system.storage.keys(f"exports/{publication.generation:08}/")
    ]


def _found(deployment: Deployment) -> None:
    ask = deployment.ask
    published = deployment.registry.items.values()
    masked = min(one.id for one in published if one.etat == "document" and one.non_diffusible)
    excluded = min(one.id for one in published if one.etat == "hors_perimetre")
    ask(200, "certifie", "Un organisme certifié Qualiopi", V3, siret=CERTIFIED, query=_TRACE)
    through = "Certifié par la déclaration de son unité légale"
    ask(200, "par_unite_legale", through, V3, siret=CERTIFIED_THROUGH_LEGAL_UNIT, query=_TRACE)
    ask(200, "aujourd_hui", "Un organisme certifié Qualiopi", ONE, siret=CERTIFIED)
    day = {"date": FIRST_DAY.isoformat()}
    ask(200, "ce_jour_la", "Le document publié un jour passé", ONE, siret=CHANGED, query=day)
    ask(200, "non_diffusible", "Une identité qui n'est pas diffusible", ONE, siret=masked)
    ask(200, "changements", "Une fiche perdue, puis retrouvée", HISTORY, siret=CHANGED)
    ask(200, "page", "Une page, et l'adresse de la suivante", HISTORY, siret=CHANGED, query={"limite": "1"})
    sirets = {"sirets": [CERTIFIED, UNKNOWN, excluded, "123"]}
    ask(200, "un_par_siret", "Un trouvé, un inconnu, un exclu, un mal formé", BATCH, sent=sirets)
    ask(200, "unite_legale", "Deux établissements", SIREN, siren=CERTIFIED[:9])
    ask(200, "declaration", "Deux établissements", NDA, nda=NDA_OF_CERTIFIED)
    ask(200, "uai", "Un établissement", UAI, uai=UAI_OF_CERTIFIED)
    code = CODE_OF_CERTIFIED
    ask(200, "habilites", "Ceux qui peuvent former", CERTIFICATION, code=code, query={"role": "former"})
    ask(200, "page", "Une page, et l'adresse de la suivante", CERTIFICATION, code=code, query={"limite": "1"})
    ask(200, "liens", "Trois formats", EXPORTS)
    ask(200, "publie", "Un établissement publié", RAW, siret=CERTIFIED, headers=_CONNECTOR)
    ask(200, "squelette", "Rien de publié pour ce SIRET", RAW, siret=UNKNOWN, headers=_CONNECTOR)
    ask(200, "etat", "Tout est à jour", STATE)
    deployment.registry.retained = _retained(deployment.registry)
    ask(200, "retenue", "Une mise à jour retenue", STATE)
    deployment.registry.retained = None
    ask(200, "ok", "Tout va bien", PING)


def _retained(registry: Registry) -> Held:
    """What a run of the next day would hold, by which one of two establishments would lose its categories."""
    assert registry.pointer
    losses = Losses(
        in_force=118_204,
        losing=6_011,
        kinds={"action_formation": 6_008, "apprentissage": 412},
        examples={CERTIFIED: ["action_formation", "apprentissage"], CERTIFIED_THROUGH_LEGAL_UNIT: ["action_formation"]},
        percent=5,
        least=500,
    )
    day = (FIRST_DAY + timedelta(days=DAYS)).isoformat()
    return Held(replace(registry.pointer, day=day), f"{day}T04:00:00+00:00", losses)


def _followed(deployment: Deployment) -> None:
    ask, service = deployment.ask, deployment.service
    anomaly = _anomaly(service)
    ask(
        200,
        "critiques",
        "Les anomalies critiques d'une région",
        ANOMALIES,
        query={"severite": "critique", "limite": "2"},
    )
    ask(200, "statistiques", "D'une règle", STATISTICS, query={"code": "etablissement_ferme"})
    step = {
        "statut": "contactee",
        "commentaire": "Appel du 25/11, rappeler lundi.",
        "auteur": "C. Martin",
        "version": 0,
    }
    ask(200, "contactee", "L'établissement est contacté", STEP, id=anomaly, sent=step)
    reason = {"statut": "classee", "motif": "Déménagement en cours, Sirene sera à jour.", "auteur": "C. Martin"}
    ask(200, "classee", "L'anomalie est classée", STEP, id=anomaly, sent={**reason, "version": 1})
    ask(200, "histoire", "Une anomalie et son suivi", ANOMALY, id=anomaly)
    elsewhere = {"regions": "94"}
    ask(
        403,
        "region_fermee",
        "Une région qui n'est pas celle du jeton",
        ANOMALIES,
        query={"region": "11"},
        authorizer=elsewhere,
    )
    ask(
        403,
        "region_fermee",
        "Une région qui n'est pas celle du jeton",
        STATISTICS,
        query={"region": "11"},
        authorizer=elsewhere,
    )
    ask(404, "inconnue", "Aucune anomalie de cet identifiant", ANOMALY, id="0" * 32)
    ask(404, "inconnue", "Aucune anomalie de cet identifiant", STEP, id="0" * 32, sent=step)
    ask(
        409,
        "depasse",
        "Quelqu'un a avancé le suivi entre-temps",
        STEP,
        id=anomaly,
        sent={**step, "statut": "confirmee"},
    )
    wrong = "Tout ce qui est faux, à la fois"
    ask(422, "parametres", wrong, ANOMALIES, query={"code": "x", "severite": "grave", "region": "99", "depuis": "hier"})
    ask(422, "parametres", wrong, STATISTICS, query={"region": "99"})
    ask(422, "parametres", wrong, ANOMALY, id="123")
    ask(422, "parametres", wrong, STEP, id=anomaly, sent={"statut": "classee", "version": "1"})
    json_type = {"Content-Type": "application/json"}
    ask(400, "illisible", "Le corps n'est pas du JSON", STEP, id=anomaly, body="{", headers=json_type)
    large = " " * (LARGEST_STEP + 1)
    ask(413, "trop_volumineux", "Corps trop volumineux", STEP, id=anomaly, body=large, headers=json_type)
    ask(
        415,
        "type_de_contenu",
        "Le corps n'est pas du JSON",
        STEP,
        id=anomaly,
        body="{}",
        headers={"Content-Type": "text/plain"},
    )
    service.follow_up = MemoryFollowUp()
    ask(503, "jamais_rapproche", "Aucun rapprochement encore", STATISTICS)


def _anomaly(service: Service) -> str:
    """The anomaly of a closed establishment; deterministic."""
    return min(
        one.anomaly for one in service.follow_up.events.values() if one.event["data"]["code"] == "etablissement_ferme"
    )


def _refused(deployment: Deployment) -> None:
    ask, service = deployment.ask, deployment.service
    unknown, excluded = "Établissement inconnu", "Établissement exclu"
    out = min(one.id for one in deployment.registry.items.values() if one.etat == "hors_perimetre")
    ask(400, "illisible", "Le corps n'est pas du JSON", BATCH, body="{", headers={"Content-Type": "application/json"})
    ask(401, "jeton_invalide", "Jeton absent ou invalide", V3, siret=CERTIFIED, authorizer={"exp": ""})
    ask(401, "jeton_expire", "Jeton expiré", V3, siret=CERTIFIED, authorizer={"refus": "00103"})
    ask(401, "jeton_revoque", "Jeton révoqué", V3, siret=CERTIFIED, authorizer={"refus": "00105"})
    ask(401, "secret", "Secret absent ou faux", RAW, siret=CERTIFIED)
    ask(403, "portee_manquante", "La portée exports manque", EXPORTS, scopes="non_diffusibles")
    ask(404, "inconnu", unknown, V3, siret=UNKNOWN, query=_TRACE)
    ask(404, "hors_perimetre", excluded, V3, siret=out, query=_TRACE)
    ask(404, "inconnu", unknown, ONE, siret=UNKNOWN)
    ask(404, "hors_perimetre", excluded, ONE, siret=out)
    early = {"date": (FIRST_DAY - timedelta(days=1)).isoformat()}
    ask(404, "hors_historique", "Jour que l'historique n'atteint pas", ONE, siret=CERTIFIED, query=early)
    ask(404, "inconnu", unknown, HISTORY, siret=UNKNOWN)
    ask(404, "personne", "Personne derrière cet identifiant", UAI, uai="0000000A")
    json_type = {"Content-Type": "application/json"}
    ask(413, "trop_volumineux", "Corps trop volumineux", BATCH, body=" " * (LARGEST_REQUEST + 1), headers=json_type)
    ask(415, "type_de_contenu", "Le corps n'est pas du JSON", BATCH, body="{}", headers={"Content-Type": "text/plain"})
    wrong = "Tout ce qui est faux, à la fois"
    ask(422, "parametres", wrong, V3, siret="123", query={"context": " ", "recipient": "1"})
    ask(422, "parametres", wrong, ONE, siret="123", query={"date": "hier", "jour": "1"})
    ask(422, "parametres", wrong, HISTORY, siret="123", query={"limite": "0", "curseur": "x"})
    ask(422, "parametres", wrong, BATCH, sent={"sirets": []})
    ask(422, "parametres", wrong, SIREN, siren="123", query={"limite": "0"})
    ask(422, "parametres", wrong, NDA, nda="123", query={"limite": "0"})
    ask(422, "parametres", wrong, UAI, uai="123", query={"limite": "0"})
    ask(422, "parametres", wrong, CERTIFICATION, code="123", query={"role": "lire"})
    ask(422, "parametres", "Un paramètre qui n'existe pas", EXPORTS, query={"format": "csv"})
    ask(422, "parametres", "Un paramètre qui n'existe pas", STATE, query={"source": "rncp"})
    one_call = {"rate_limit_per_minute": "1", "jti": "jti-2"}
    ask(200, "inutile", "", EXPORTS, authorizer=one_call)
    deployment.answers.pop()
    ask(429, "trop_d_appels", "Appels de la minute épuisés", EXPORTS, authorizer=one_call)
    files, service.files = service.files, {}
    ask(503, "sans_exports", "Pas d'exports pour cette publication", EXPORTS)
    service.files = files
    with deployment.with_registry(replace(deployment.registry, pointer=None)):
        ask(503, "rien_de_publie", "Rien n'a encore été publié", STATE)
        ask(503, "rien_de_publie", "Rien n'a encore été publié", EXPORTS)
    with deployment.with_registry(Broken(EndpointConnectionError(endpoint_url="https://exemple.fr"))):
        ask(502, "lecture_impossible", "Lecture impossible", STATE)
        service.now += 60
        ask(502, "en_panne", "Lecture impossible depuis peu", PING)
        service.now -= 60
    with deployment.with_registry(Broken(ConnectTimeoutError(endpoint_url="https://exemple.fr"))):
        ask(504, "trop_longue", "Lecture trop longue", STATE)


def _saturated() -> Answer:
    """An answer of the gateway itself, from the template."""
    gateway = of_type("AWS::Serverless::Api")["Api"]["GatewayResponses"]["THROTTLED"]
    body = json.loads(gateway["ResponseTemplates"]["application/json"])
    return Answer(STATE, 429, "service_sature", "Le service reçoit trop d'appels", body)
