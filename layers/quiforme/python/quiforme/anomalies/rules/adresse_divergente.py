"""The commune of the geocoded address in the OF list is not that of the declared establishment in Sirene.

Only an address that the geocoder found has a commune to compare: with a score of at least 0.7, and no runner-up within 0.05
of it. While an address of the NDA is pending, nothing opens and what is open stays as it is.
"""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="adresse_divergente",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of", "sirene", "adresses"),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE}
    FROM (SELECT list_addresses.* REPLACE ({{
                     siret: siret, adresse: shown_address,
                     ban: {{label: shown_label, citycode: citycode}}, sirene: {{code_commune: code_commune}}}} AS evidence)
          FROM list_addresses JOIN named_establishments USING (siret)
          -- Rounded: as binary numbers, 0.75 and 0.7 are more than 0.05 apart.
          WHERE NOT pending AND score >= 0.7 AND coalesce(round(score - score_suivant, 9) > 0.05, true)
            AND NOT same_commune(citycode, code_commune))
    GROUP BY nda
    UNION ALL BY NAME   -- pending: open anomalies stay open, unchanged
    FROM still_pending('adresse_divergente')
    """,
    message="""
    L'adresse que la liste publique des organismes de formation donne au numéro d'activité {{ nda }} n'est pas dans la commune de
    l'établissement selon Sirene :
    {% call(row) each(liste_of) %}
      {% if row.adresse | adresse %}
        {{ row.adresse | adresse }}, commune {{ row.ban.citycode | commune }} selon la Base Adresse Nationale, mais
        {{ row.sirene.code_commune | commune }} selon Sirene pour l'établissement {{ row.siret }}
      {% endif %}
    {%- endcall %}.
    """,
    request="""
    Demander à l'organisme s'il a déménagé, et de faire corriger l'adresse fausse, dans Mon activité formation ou dans Sirene.
    """,
)
