"""In a row of the OF list, `siren` is not the first 9 digits of the declared SIRET, both being well formed."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="siren_incoherent",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, {LIST_EVIDENCE} FROM list_rows
    WHERE nda <> '' AND regexp_full_match(siren, '[0-9]{{9}}') AND regexp_full_match(siret, '[0-9]{{14}}')
      AND siren <> left(siret, 9)
    GROUP BY nda
    """,
    message="""
    Dans la liste publique des organismes de formation, le SIREN et le SIRET de la déclaration d'activité {{ nda }} se
    contredisent, alors que le SIRET devrait commencer par le SIREN :
    {% call(row) each(liste_of) %}SIREN {{ row.siren }}, SIRET {{ row.siret }}{% endcall %}.
    """,
    request="""
    Demander à l'organisme quel établissement exerce l'activité, et de corriger le numéro faux dans Mon activité formation.
    """,
)
