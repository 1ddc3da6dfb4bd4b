"""Active habilitation to train as a partner, and its SIREN has no NDA in the OF list."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="habilitation_sans_nda",
    severite="mineure",
    cle=("siret",),
    needs=("liste_of", "rncp|rs"),
    sql="""
    SELECT siret, to_json({liste_of: {siren: left(siret, 9), nda: NULL}}) AS constats
    FROM formateurs_partenaires
    WHERE left(siret, 9) NOT IN (SELECT siren_retenu FROM liste_of WHERE siren_retenu IS NOT NULL AND nda <> '')
    """,
    message=(
        "L'établissement {siret} est habilité à former, mais son unité légale n'a aucun numéro de "
        "déclaration d'activité."
    ),
)
