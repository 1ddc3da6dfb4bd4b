"""An active habilitation to train, as a partner, on a fiche registered `sur demande`; the SIREN has no NDA in the OF list.

A school that prepares a national diploma, which is registered `de droit`, needs no NDA. When the kind of a fiche is unknown,
nothing opens and what is open stays open.
"""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="habilitation_sans_nda",
    severite="mineure",
    cle=("siret",),
    needs=("liste_of", "rncp|rs"),
    sql="""
    SELECT siret, to_json({liste_of: {siren: left(siret, 9), nda: NULL}}) AS constats
    FROM training_partners
    WHERE left(siret, 9) NOT IN (SELECT siren_retenu FROM liste_of WHERE siren_retenu IS NOT NULL AND nda <> '')
      AND (on_request OR of_unknown_kind AND siret IN (
               SELECT cle->>'siret' FROM ledger WHERE code = 'habilitation_sans_nda' AND etat = 'ouverte'))
    """,
    message="""
    France compétences tient l'établissement {{ siret }} pour habilité à former, comme partenaire, à une certification enregistrée
    sur demande, mais la liste publique des organismes de formation n'a aucun numéro de déclaration d'activité pour son unité
    légale {{ liste_of.siren }}.
    """,
    request="""
    Demander à l'établissement sous quel numéro il forme, et si son bilan pédagogique et financier est en retard : un organisme
    en retard n'est pas dans la liste.
    """,
)
