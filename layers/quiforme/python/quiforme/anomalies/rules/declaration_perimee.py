"""Listed though `dateDerniereDeclaration` is more than 730 days old."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="declaration_perimee",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE} FROM list_rows
    WHERE nda <> '' AND date_diff('day', date_derniere_declaration, getvariable('day')::DATE) > 730
    GROUP BY nda
    """,
    message="""
    {% set days = liste_of | of("date_derniere_declaration") %}
    Dans la liste publique des organismes de formation, la dernière déclaration faite sous le numéro d'activité {{ nda }} a plus de
    deux ans{% if days %} : {{ days }}{% endif %}.
    """,
    request="Demander à l'organisme s'il forme encore, et s'il a transmis ses derniers bilans pédagogiques et financiers.",
)
