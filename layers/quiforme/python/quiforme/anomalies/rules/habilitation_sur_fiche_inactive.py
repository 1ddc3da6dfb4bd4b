"""Partner `Actif` on a fiche with `ACTIF = Non`."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="habilitation_sur_fiche_inactive",
    severite="mineure",
    cle=("siret", "code_fiche"),
    needs=("rncp|rs",),
    sql="""
    SELECT DISTINCT siret, code AS code_fiche,
           to_json({france_competences: {habilitation: 'Actif', fiche_active: 'Non'}}) AS constats
    FROM partenaires JOIN fiches USING (code)
    WHERE etat = 'Actif' AND NOT actif AND is_siret(siret)
    """,
    message="L'établissement {siret} reste habilité sur la fiche {code_fiche}, qui n'est plus active.",
)
