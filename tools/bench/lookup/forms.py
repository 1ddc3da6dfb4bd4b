"""Two forms of the look-up's handler to compare the project's with: the floor, and the stock form.

Each is the text of a module that defines `handler(event, context)`. All read the same item through the same stub.
"""

FLOOR = """
import boto3

client = boto3.client("dynamodb", region_name="eu-west-3")


def handler(event, context):
    answer = client.query(
        TableName="documents",
        KeyConditionExpression="id = :id AND generation <= :generation",
        ExpressionAttributeValues={":id": {"S": event["pathParameters"]["siret"]}, ":generation": {"N": "1"}},
        ScanIndexForward=False,
        Limit=1,
    )
    return {"statusCode": 200, "body": answer["Items"][0]["data"]["S"]}
"""

STOCK = """
import hashlib
import json
import time
from typing import Annotated, Any, Optional

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from boto3.dynamodb.conditions import Key
from pydantic import BaseModel

logger = Logger(service="lookup")
app = APIGatewayRestResolver(enable_validation=True)
dynamodb = boto3.resource("dynamodb", region_name="eu-west-3")
documents, state, access = (dynamodb.Table(name) for name in ("documents", "state", "access"))


class Qualiopi(BaseModel):
    action_formation: bool
    bilan_competences: bool
    validation_acquis_experience: bool
    apprentissage: bool
    obtention_via_unite_legale: Optional[bool]


class Specialite(BaseModel):
    code: Optional[str]
    libelle: Optional[str]


class Specialites(BaseModel):
    specialite_1: Specialite
    specialite_2: Specialite
    specialite_3: Specialite


class Declaration(BaseModel):
    numero_de_declaration: str
    actif: bool
    date_derniere_declaration: Optional[str]
    date_debut_exercice: Optional[str]
    date_fin_exercice: Optional[str]
    certification_qualiopi: Qualiopi
    specialites: Specialites


class Habilitation(BaseModel):
    code: str
    actif: bool
    date_actif: Optional[str]
    date_fin_enregistrement: Optional[str]
    date_decision: Optional[str]
    habilitation_pour_former: bool
    habilitation_pour_organiser_l_evaluation: bool
    sirets_organismes_certificateurs: list[str]


class Document(BaseModel):
    siret: str
    code_uai: Optional[str]
    unite_legale_avec_plusieurs_nda: bool
    declarations_activites_etablissement: list[Declaration]
    habilitations_france_competence: list[Habilitation]


class Answer(BaseModel):
    data: Document
    links: dict[str, str]
    meta: dict[str, Any]


@app.get("/v3/carif_oref/etablissements/<siret>/certifications_qualiopi_france_competences")
def certifications(
    siret: Annotated[str, Path(pattern=r"^[0-9]{14}$")],
    context: Annotated[str, Query(min_length=1)],
    object: Annotated[str, Query(min_length=1)],
    recipient: Annotated[str, Query(pattern=r"^[0-9]{14}$")],
) -> Response[Answer]:
    caller = app.current_event.request_context.authorizer
    window_end = (int(time.time()) // 60 + 1) * 60
    counted = access.update_item(
        Key={"id": f"calls/{caller['jti']}/{window_end}"},
        UpdateExpression="ADD calls :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    used = int(counted["Attributes"]["calls"])
    pointer = state.get_item(Key={"id": "publication"}, ConsistentRead=True)["Item"]["publication"]
    generation = json.loads(pointer)["generation"]
    found = documents.query(
        KeyConditionExpression=Key("id").eq(siret) & Key("generation").lte(generation),
        ScanIndexForward=False,
        Limit=1,
        ConsistentRead=True,
    )
    item = found["Items"][0]
    answer = Answer(data=json.loads(item["data"]), links={}, meta=json.loads(item["details"]))
    etag = hashlib.sha256(answer.model_dump_json().encode()).hexdigest()[:32]
    logger.info(
        "appel",
        extra={"siret": siret, "context": context, "object": object, "recipient": recipient, "jti": caller["jti"]},
    )
    headers = {
        "RateLimit-Limit": "250",
        "RateLimit-Remaining": str(250 - used),
        "RateLimit-Reset": str(window_end),
        "ETag": etag,
        "Cache-Control": "private, no-cache",
    }
    return Response(200, content_type="application/json", body=answer, headers=headers)


@logger.inject_lambda_context(clear_state=True)
def handler(event, context):
    return app.resolve(event, context)
"""
