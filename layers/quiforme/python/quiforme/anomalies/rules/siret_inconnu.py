"""Declared in the OF list, or holder of an active habilitation, but absent from Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="siret_inconnu",
    severite="majeure",
    cle=("siret",),
    needs=("liste_of", "sirene"),
    sql="""
    SELECT siret, to_json({declare: siret IN (FROM declares),
                           habilite: siret IN (SELECT siret FROM habilitations WHERE actif)}) AS constats
    FROM population ANTI JOIN sirene ON numero = siret_number(population.siret)
    """,
    message="L'établissement {siret} est déclaré ou habilité, mais Sirene ne le connaît pas : vérifier son SIRET.",
)
