"""An active habilitation to train, as a partner, and an active NDA on the document, but no Qualiopi category is true."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="habilitation_sans_qualiopi",
    severite="info",
    cle=("siret",),
    needs=("liste_of", "rncp|rs"),
    sql="""
    SELECT siret, to_json({liste_of: list(DISTINCT nda ORDER BY nda)}) AS constats
    FROM training_partners SEMI JOIN document_sirets USING (siret) JOIN declarations USING (siret)
    WHERE actif
    GROUP BY siret
    HAVING NOT bool_or(action_formation OR bilan_competences OR validation_acquis_experience OR apprentissage)
    """,
    message="""
    France compétences tient l'établissement {{ siret }} pour habilité à former, mais la liste publique des organismes de
    formation ne lui donne aucune certification Qualiopi (numéro d'activité : {{ liste_of }}).
    """,
    request="Demander à l'établissement s'il est certifié Qualiopi et, si oui, une copie de son certificat.",
)
