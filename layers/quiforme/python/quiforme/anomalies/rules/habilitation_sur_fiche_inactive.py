"""Partners still `Actif` on a fiche with `ACTIF = Non`: how many, and the first ten SIRETs in the file's order.

In ledgers of earlier versions each of these partners is an anomaly of its own, with the key `siret`, `code_fiche`. The message
of its resolution is written from the evidence that it has there.
"""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="habilitation_sur_fiche_inactive",
    severite="info",
    cle=("code_fiche",),
    needs=("rncp|rs",),
    sql="""
    SELECT code AS code_fiche,
           to_json({france_competences: {nombre: count(*), premiers: list(siret ORDER BY rank)[:10]}}) AS constats
    FROM (SELECT code, siret, min(rank) AS rank
          FROM (SELECT *, row_number() OVER () AS rank FROM partenaires) JOIN fiches USING (code)
          WHERE etat = 'Actif' AND NOT actif AND is_siret(siret)
          GROUP BY code, siret)
    GROUP BY code
    """,
    message="""
    {% if france_competences.nombre is defined %}
      {% set number = france_competences.nombre %}
      La fiche {{ code_fiche }} n'est plus active selon France compétences, qui y tient pourtant encore
      {% if number == 1 %}un partenaire pour habilité{% else %}{{ number }} partenaires pour habilités{% endif %}
      {%- if number > 3 %}, dont{% else %} :{% endif %} {{ france_competences.premiers[:3] }}.
    {% else %}
      {% set end = france_competences.date_fin_enregistrement %}
      France compétences tient l'établissement {{ siret }} pour habilité sur la fiche {{ code_fiche }}, qui n'est plus active
      {%- if end %} (fin d'enregistrement : {{ end }}){% endif %}.
    {% endif %}
    """,
    request="Demander au certificateur si une autre fiche la remplace, et de faire clore ces habilitations.",
)
