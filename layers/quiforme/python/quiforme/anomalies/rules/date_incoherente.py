"""`debutExercice` is after `finExercice`, or `dateDerniereDeclaration` is after the run's day."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="date_incoherente",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE} FROM list_rows
    WHERE nda <> ''
      AND (date_debut_exercice > date_fin_exercice OR date_derniere_declaration > getvariable('day')::DATE)
    GROUP BY nda
    """,
    message="""
    Dans la liste publique des organismes de formation, les dates données pour le numéro d'activité {{ nda }} se contredisent ou
    sont à venir :
    {% call(row) each(liste_of) %}
      {% if row.date_debut_exercice and row.date_fin_exercice %}
        exercice du {{ row.date_debut_exercice }} au {{ row.date_fin_exercice }}
      {%- else %}
        exercice sans dates
      {%- endif %}
      {%- if row.date_derniere_declaration %}, dernière déclaration le {{ row.date_derniere_declaration }}{% endif %}
    {%- endcall %}.
    """,
    request="""
    Demander à l'organisme les dates de son exercice et de sa déclaration, et de les corriger dans Mon activité formation.
    """,
)
