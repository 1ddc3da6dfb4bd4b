"""Les messages d'anomalies de Quiforme : leur modèle, leurs schémas, des exemples.

>>> from quiforme_anomalies import EvenementResolue, parse
>>> event = parse(message_body)
>>> isinstance(event, EvenementResolue), event.data.code, event.data.region
"""

from quiforme_anomalies.files import exemples, schema
from quiforme_anomalies.model import (
    SCHEMA_ALERTE,
    SCHEMA_ANOMALIE,
    SCHEMA_EVENEMENT,
    Alerte,
    Anomalie,
    Evenement,
    EvenementAlerte,
    EvenementModifiee,
    EvenementOuverte,
    EvenementResolue,
    Liens,
    Severite,
    parse,
)

__all__ = [
    "SCHEMA_ALERTE",
    "SCHEMA_ANOMALIE",
    "SCHEMA_EVENEMENT",
    "Alerte",
    "Anomalie",
    "Evenement",
    "EvenementAlerte",
    "EvenementModifiee",
    "EvenementOuverte",
    "EvenementResolue",
    "Liens",
    "Severite",
    "exemples",
    "parse",
    "schema",
]
