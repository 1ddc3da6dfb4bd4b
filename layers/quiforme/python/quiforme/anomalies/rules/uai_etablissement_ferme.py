"""A document SIRET with an `OUVERT` directory UAI is closed in Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="uai_etablissement_ferme",
    severite="mineure",
    cle=("siret",),
    needs=("annuaire_education", "sirene"),
    sql="""
    SELECT siret, uais[1] AS uai, to_json({annuaire_education: uais, sirene: evidence}) AS constats
    FROM open_uais SEMI JOIN document_sirets USING (siret) JOIN closed_establishments USING (siret)
    """,
    message="""
    L'annuaire de l'éducation tient l'établissement {{ siret }} pour ouvert (UAI {{ annuaire_education }}), mais il est fermé dans
    Sirene
    {%- if sirene.date_debut %} depuis le {{ sirene.date_debut }}{% endif %}
    {%- if sirene.successeur %} ; son successeur y est {{ sirene.successeur }}{% endif %}.
    """,
    request="Demander à l'établissement s'il est encore ouvert et sous quel SIRET, et au rectorat de mettre l'annuaire à jour.",
)
