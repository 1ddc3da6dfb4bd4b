"""`debutExercice` after `finExercice`, or `dateDerniereDeclaration` after the run's day."""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="date_incoherente",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIGNES_OF} FROM lignes_of
    WHERE nda <> ''
      AND (date_debut_exercice > date_fin_exercice OR date_derniere_declaration > getvariable('jour')::DATE)
    GROUP BY nda
    """,
    message="Les dates déclarées pour {nda} se contredisent : faire vérifier l'exercice et la date de déclaration.",
)
