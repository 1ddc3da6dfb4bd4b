"""Declared in the OF list, or holder of an active habilitation, but absent from Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="siret_inconnu",
    severite="majeure",
    cle=("siret",),
    needs=("liste_of", "sirene"),
    sql="""
    SELECT siret, to_json({liste_of: liste_of, france_competences: france_competences, sirene: NULL}) AS constats
    FROM population ANTI JOIN named_establishments USING (siret)
    """,
    message="""
    {% set ndas = liste_of | of("nda") %}
    Sirene ne connaît pas l'établissement {{ siret }}.
    {% if ndas %}
      La liste publique des organismes de formation le déclare (numéro d'activité : {{ ndas }}).
    {% endif %}
    {% if france_competences %}
      France compétences lui donne une habilitation {{ france_competences.etat_habilitation | etat_habilitation }}.
    {% endif %}
    """,
    request="Demander à l'établissement son SIRET exact, et de le faire corriger par la source qui se trompe.",
)
