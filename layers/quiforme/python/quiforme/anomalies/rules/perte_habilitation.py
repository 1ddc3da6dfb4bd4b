"""Active in the generation before, absent or inactive now."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="perte_habilitation",
    severite="majeure",
    cle=("siret", "code_fiche"),
    needs=("rncp|rs",),
    sql="""
    SELECT siret, code_fiche, to_json({france_competences: {avant: 'active', maintenant: 'absente ou inactive'}}) AS constats
    FROM (SELECT siret, code AS code_fiche FROM avant.habilitations WHERE actif
          UNION
          SELECT cle->>'siret', cle->>'code_fiche' FROM registre WHERE code = 'perte_habilitation' AND etat = 'ouverte')
    ANTI JOIN (SELECT siret, code AS code_fiche FROM habilitations WHERE actif) AS actives USING (siret, code_fiche)
    """,
    message=(
        "L'établissement {siret} n'a plus d'habilitation active sur {code_fiche} : demander si le "
        "certificateur l'a retirée."
    ),
    duree_jours=90,
    compare_avant=True,
)
