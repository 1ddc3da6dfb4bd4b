"""The commune of the geocoded OF address is not the commune of the declared establishment in Sirene.

Only an address that the geocoder found has a commune to compare. While an address of an NDA awaits its answer, nothing
opens for that NDA, and an open anomaly stays as it is.
"""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="adresse_divergente",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of", "sirene", "adresses"),
    sql=f"""
    SELECT nda, {LIGNES_OF}
    FROM (SELECT adresses_of.* REPLACE ({{
                     siret: siret, adresse: adresse_a_dire,
                     ban: {{label: label_a_dire, citycode: citycode}}, sirene: {{code_commune: code_commune}}}} AS constat)
          FROM adresses_of JOIN sirene_utile USING (siret)
          WHERE NOT attendue AND trouvee AND NOT meme_commune(citycode, code_commune))
    GROUP BY nda
    UNION ALL BY NAME
    FROM en_attente('adresse_divergente')
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
