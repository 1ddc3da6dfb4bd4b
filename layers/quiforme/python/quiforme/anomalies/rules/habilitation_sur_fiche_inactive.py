"""Partner `Actif` on a fiche with `ACTIF = Non`."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="habilitation_sur_fiche_inactive",
    severite="mineure",
    cle=("siret", "code_fiche"),
    needs=("rncp|rs",),
    sql="""
    SELECT DISTINCT siret, code AS code_fiche,
           to_json({france_competences: {etat_habilitation: 'Actif', fiche_active: 'Non',
                                         date_fin_enregistrement: date_fin_enregistrement}}) AS constats
    FROM partenaires JOIN fiches USING (code)
    WHERE etat = 'Actif' AND NOT actif AND is_siret(siret)
    """,
    message="""
    {% set end = france_competences.date_fin_enregistrement %}
    France compétences tient l'établissement {{ siret }} pour habilité sur la fiche {{ code_fiche }}, qui n'est plus active
    {%- if end %} (fin d'enregistrement : {{ end }}){% endif %}.
    """,
    request="""
    Demander à l'établissement s'il prépare encore à cette certification, et au certificateur de faire clore l'habilitation.
    """,
)
