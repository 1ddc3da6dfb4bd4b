"""`codeRegion` is not the region of the declared establishment's commune in Sirene, both being known."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="region_incoherente",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of", "sirene"),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE}
    FROM (SELECT list_rows.* REPLACE ({{liste_of: evidence, region_sirene: region}} AS evidence)
          FROM list_rows JOIN locations USING (siret)
          WHERE nda <> '' AND code_region IN (SELECT region FROM departements) AND region <> code_region)
    GROUP BY nda
    """,
    message="""
    La région du numéro d'activité {{ nda }} n'est pas la même selon la liste publique des organismes de formation et selon
    Sirene :
    {% call(row) each(liste_of) %}
      {{ row.liste_of.code_region | region }} dans la liste, {{ row.region_sirene | region }} dans Sirene pour l'établissement
      {{ row.liste_of.siret }}
    {%- endcall %}.
    """,
    request="""
    Demander à l'organisme s'il a déménagé, et de faire corriger l'adresse fausse, dans Mon activité formation ou dans Sirene.
    """,
)
