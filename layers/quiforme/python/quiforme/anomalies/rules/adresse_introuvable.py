"""The geocoder gives the OF address a score under 0.5, or does not find it.

Rows without an address are ignored: half the rows have none. While an address of an NDA awaits its answer, nothing opens
for that NDA, and an open anomaly stays as it is.
"""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="adresse_introuvable",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of", "adresses"),
    sql=f"""
    SELECT nda, {LIGNES_OF}
    FROM (SELECT * REPLACE ({{siret: siret, adresse: adresse_a_dire, ban: {{label: label_a_dire, score: score}}}} AS constat)
          FROM adresses_of WHERE NOT attendue AND NOT trouvee)
    GROUP BY nda
    UNION ALL BY NAME
    FROM en_attente('adresse_introuvable')
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
