"""The geocoder gives the address in the OF list a score under 0.5, or does not find it.

A row without an address does not count: half the rows give none. While an address of the NDA is pending, nothing opens and
what is open stays as it is.
"""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="adresse_introuvable",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of", "adresses"),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE}
    FROM (SELECT * REPLACE ({{siret: siret, adresse: shown_address, ban: {{label: shown_label, score: score}}}} AS evidence)
          FROM list_addresses WHERE NOT pending AND coalesce(score < 0.5, true))
    GROUP BY nda
    UNION ALL BY NAME   -- pending: open anomalies stay open, unchanged
    FROM still_pending('adresse_introuvable')
    """,
    message="""
    La Base Adresse Nationale ne trouve pas l'adresse que la liste publique des organismes de formation donne au numéro
    d'activité {{ nda }} :
    {% call(row) each(liste_of) %}
      {% if row.adresse | adresse %}
        {{ row.adresse | adresse }}
        {%- if row.ban.label and row.ban.label != "[ND]" %}, au plus proche de « {{ row.ban.label }} »{% endif %}
      {% endif %}
    {%- endcall %}.
    """,
    request="Demander à l'organisme son adresse exacte, et de la corriger dans Mon activité formation.",
)
