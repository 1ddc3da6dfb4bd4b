"""Tests de contrat d'un consommateur d'anomalies : à copier chez soi, avec le paquet `quiforme-anomalies`.

Remplacez `traiter` par ce que fait votre fonction du corps d'un message : chaque test lui donne des messages comme le
réseau en envoie, un par règle et par type d'événement, et ceux qui mettent un consommateur en défaut.
"""

import json
from copy import deepcopy
from itertools import permutations
from typing import Any

import pytest
from quiforme_anomalies import EvenementAlerte, EvenementResolue, exemples, parse, schema

Etats = dict[str, tuple[int, str]]

EVENEMENTS = [evenement for histoire in exemples().values() for evenement in histoire]
HISTOIRE = exemples()["etablissement_ferme"]
"""Une anomalie s'ouvre, change, se résout, se rouvre."""


def traiter(corps: str, etats: Etats) -> None:
    """VOTRE CODE. Ici : l'état de chaque anomalie, tel que le dit l'événement de plus grand rang."""
    evenement = parse(corps)
    if isinstance(evenement, EvenementAlerte):
        return  # une règle s'emballe : à dire à quelqu'un, mais pas une anomalie
    anomalie = evenement.data.id
    if anomalie not in etats or etats[anomalie][0] < evenement.rang:
        etats[anomalie] = (evenement.rang, "close" if isinstance(evenement, EvenementResolue) else "ouverte")


def corps(evenement: dict[str, Any]) -> str:
    """L'événement tel qu'il est dans un message."""
    return json.dumps(evenement, ensure_ascii=False, separators=(",", ":"))


def nom(evenement: dict[str, Any]) -> str:
    """De quoi reconnaître un exemple dans la sortie de pytest."""
    return f"{evenement['data']['code']}-{evenement['type'].split('.')[3]}-{evenement['id'].rpartition(':')[2]}"


@pytest.mark.parametrize("evenement", EVENEMENTS, ids=nom)
def test_chaque_message_est_traite(evenement: dict[str, Any]) -> None:
    traiter(corps(evenement), {})


@pytest.mark.parametrize("evenement", EVENEMENTS, ids=nom)
def test_chaque_message_suit_les_schemas(evenement: dict[str, Any]) -> None:
    """Pour qui lit les messages avec le schéma JSON plutôt qu'avec le modèle."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(evenement, schema("evenement"))
    jsonschema.validate(evenement["data"], schema("alerte" if ".alerte." in evenement["type"] else "anomalie"))


def test_une_histoire_dans_n_importe_quel_ordre_finit_pareil() -> None:
    fin: Etats = {}
    for evenement in HISTOIRE:
        traiter(corps(evenement), fin)
    for ordre in permutations(HISTOIRE):
        etats: Etats = {}
        for evenement in ordre:
            traiter(corps(evenement), etats)
        assert etats == fin


def test_un_message_livre_deux_fois_ne_compte_qu_une() -> None:
    une_fois: Etats = {}
    deux_fois: Etats = {}
    for evenement in HISTOIRE:
        traiter(corps(evenement), une_fois)
        traiter(corps(evenement), deux_fois)
        traiter(corps(evenement), deux_fois)
    assert une_fois == deux_fois


def test_un_champ_qu_on_ne_connait_pas_ne_gene_pas() -> None:
    evenement = deepcopy(EVENEMENTS[0])
    evenement["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    evenement["data"]["nouveau"] = {"sera": "ajouté un jour"}
    traiter(corps(evenement), {})


def test_une_regle_qu_on_ne_connait_pas_ne_gene_pas() -> None:
    evenement = deepcopy(EVENEMENTS[0])
    evenement["data"]["code"] = "regle_de_demain"
    traiter(corps(evenement), {})


def test_une_region_inconnue_ne_gene_pas() -> None:
    evenement = deepcopy(EVENEMENTS[0])
    evenement["data"]["region"] = evenement["data"]["departement"] = None
    traiter(corps(evenement), {})


@pytest.mark.parametrize(
    "illisible",
    ["", "ceci n'est pas du JSON", "[]", corps({**EVENEMENTS[0], "type": "fr.quiforme.anomalie.ouverte.v2"})],
    ids=["vide", "texte", "liste", "version 2"],
)
def test_un_message_illisible_echoue_au_lieu_de_passer_pour_traite(illisible: str) -> None:
    """Il ira dans la file d'erreurs, où quelqu'un le verra."""
    etats: Etats = {}
    with pytest.raises(ValueError):
        traiter(illisible, etats)
    assert not etats
