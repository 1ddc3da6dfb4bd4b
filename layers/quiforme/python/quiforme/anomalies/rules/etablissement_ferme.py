"""Declared in the OF list, or holder of an active habilitation, but closed (`F`) in Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="etablissement_ferme",
    severite="critique",
    cle=("siret",),
    needs=("liste_of", "sirene"),
    sql="""
    SELECT siret, to_json({liste_of: liste_of, france_competences: france_competences, sirene: evidence}) AS constats
    FROM population JOIN closed_establishments USING (siret)
    """,
    message="""
    {% set ndas = liste_of | of("nda") %}
    L'établissement {{ siret }} est fermé dans Sirene
    {%- if sirene.date_debut %} depuis le {{ sirene.date_debut }}{% endif %}
    {%- if sirene.successeur %} ; son successeur y est {{ sirene.successeur }}{% endif %}.
    {% if ndas %}
      La liste publique des organismes de formation le déclare encore (numéro d'activité : {{ ndas }}).
    {% endif %}
    {% if france_competences %}
      France compétences lui donne encore une habilitation {{ france_competences.etat_habilitation | etat_habilitation }}.
    {% endif %}
    """,
    request="""
    Demander à l'établissement s'il a cessé de former ou quel établissement lui succède, et de faire mettre à jour sa déclaration
    et ses habilitations.
    """,
)
