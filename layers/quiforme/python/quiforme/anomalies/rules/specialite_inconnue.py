"""A speciality code is not in the NSF list."""

from quiforme.anomalies.columns import LIST_EVIDENCE
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="specialite_inconnue",
    severite="info",
    cle=("nda", "specialite"),
    needs=("liste_of",),
    sql=f"""
    SELECT nda, specialite, {LIST_EVIDENCE}
    FROM (SELECT * REPLACE ({{nda: nda, specialite: specialite}} AS evidence)
          FROM (SELECT *, unnest([code_specialite_1, code_specialite_2, code_specialite_3]) AS specialite
                FROM list_rows WHERE nda <> ''))
    WHERE specialite NOT IN (SELECT code FROM nsf_codes)
    GROUP BY nda, specialite
    """,
    message="""
    La liste publique des organismes de formation donne au numéro d'activité {{ nda }} une spécialité de formation
    « {{ specialite }} » que la nomenclature des spécialités (NSF) ne contient pas.
    """,
    request="Demander à l'organisme la spécialité qu'il enseigne, et de la corriger à son prochain bilan pédagogique et financier.",
)
