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
    message=(
        "Dans la liste publique des organismes de formation, les dates données pour le numéro d'activité {nda} "
        "se contredisent ou sont à venir : <liste_of: [exercice du {date_debut_exercice} au {date_fin_exercice}|exercice "
        "sans dates][, dernière déclaration le {date_derniere_declaration}]>."
    ),
    demande=(
        "Demander à l'organisme les dates de son exercice et de sa déclaration, et de les corriger dans Mon activité "
        "formation."
    ),
)
