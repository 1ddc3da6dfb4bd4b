"""The same NDA on rows of different SIRENs."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="nda_partage",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE} FROM list_rows WHERE nda <> '' AND siren_retenu IS NOT NULL
    GROUP BY nda HAVING count(DISTINCT siren_retenu) > 1
    """,
    message="""
    Dans la liste publique des organismes de formation, plusieurs unités légales portent le même numéro de déclaration
    d'activité {{ nda }} :
    {% call(row) each(liste_of) %}
      {% if row.siren %}SIREN {{ row.siren }}{% endif %}
      {%- if row.siren and row.siret %}, {% endif %}
      {%- if row.siret %}établissement {{ row.siret }}{% endif %}
    {%- endcall %}.
    """,
    request="Demander à chacune depuis quand elle utilise ce numéro, et à la DREETS à laquelle il appartient.",
)
