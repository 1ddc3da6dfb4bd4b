"""An `Actif` certifier of an active fiche is closed in Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="certificateur_ferme",
    severite="majeure",
    cle=("code_fiche", "siret"),
    needs=("rncp|rs", "sirene"),
    sql="""
    SELECT DISTINCT code AS code_fiche, siret, to_json({sirene: evidence}) AS constats
    FROM certificateurs JOIN fiches USING (code) JOIN closed_establishments USING (siret)
    WHERE certificateurs.etat = 'Actif' AND actif AND is_siret(siret)
    """,
    message="""
    L'établissement {{ siret }}, certificateur de la fiche active {{ code_fiche }} selon France compétences, est fermé dans Sirene
    {%- if sirene.date_debut %} depuis le {{ sirene.date_debut }}{% endif %}
    {%- if sirene.successeur %} ; son successeur y est {{ sirene.successeur }}{% endif %}.
    """,
    request="""
    Demander au certificateur quel établissement délivre à présent la certification, et de faire mettre la fiche à jour par
    France compétences.
    """,
)
