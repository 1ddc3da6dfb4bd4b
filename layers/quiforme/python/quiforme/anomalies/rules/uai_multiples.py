"""Several `OUVERT` directory UAIs for one document SIRET."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="uai_multiples",
    severite="mineure",
    cle=("siret",),
    needs=("annuaire_education",),
    sql="""
    SELECT siret, to_json({annuaire_education: uais}) AS constats
    FROM open_uais SEMI JOIN document_sirets USING (siret) WHERE length(uais) > 1
    """,
    message="L'annuaire de l'éducation donne à l'établissement {{ siret }} plusieurs codes UAI ouverts : {{ annuaire_education }}.",
    request="Demander à l'établissement lequel désigne son activité de formation, et si les autres servent encore.",
)
