r"""The NDA does not match ^\\d{4}[0-9A-Z]\\d{6}$."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="nda_malforme",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE} FROM list_rows WHERE NOT is_nda(nda) GROUP BY nda
    """,
    message="""
    La liste publique des organismes de formation donne
    {% if siret %}à l'établissement {{ siret }}{% elif siren %}à l'unité légale {{ siren }}{% else %}à un organisme{% endif %}
    {% if nda %}
      le numéro de déclaration d'activité « {{ nda }} », qui n'a pas la forme attendue (11 caractères)
    {%- else %}
      un numéro de déclaration d'activité vide
    {%- endif %}.
    """,
    request="Demander à l'organisme le numéro que la DREETS lui a donné, et signaler l'erreur à la DGEFP, qui produit la liste.",
)
