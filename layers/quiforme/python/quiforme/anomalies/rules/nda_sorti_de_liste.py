"""An NDA was in the previously accepted list, is gone now, and no row of its SIREN replaces it.

The snapshot's table `ndas_inactifs` holds the NDAs that are gone (pipeline/documents).
"""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="nda_sorti_de_liste",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of",),
    sql="""
    SELECT nda, to_json({liste_of: list({siren: siren, siret: siret,
                             date_derniere_declaration: date_derniere_declaration} ORDER BY siren)}) AS constats,
           unnest(first({siret: siret, siren: siren, code_region: code_region}
                        ORDER BY siret IS NULL, siren IS NULL, line))
    FROM (SELECT * REPLACE (CASE WHEN code_region IN (SELECT region FROM departements) THEN code_region END AS code_region)
          FROM ndas_inactifs)
    GROUP BY nda
    """,
    message="""
    {% set days = liste_of | of("date_derniere_declaration") %}
    Le numéro de déclaration d'activité {{ nda }}
    {% if siret %}de l'établissement {{ siret }}{% elif siren %}de l'unité légale {{ siren }}{% endif %}
    n'est plus dans la liste publique des organismes de formation, où il était jusqu'alors
    {%- if days %} (dernière déclaration : {{ days }}){% endif %}.
    """,
    request="""
    Demander à l'organisme si sa déclaration est annulée ou caduque, ou si son bilan pédagogique et financier est en retard.
    """,
    compares_with_previous=True,
)
