"""Declared in the OF list, or holder of an active habilitation, but closed (`F`) in Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="etablissement_ferme",
    severite="critique",
    cle=("siret",),
    needs=("liste_of", "sirene"),
    sql="""
    SELECT siret, to_json({liste_of: liste_of, france_competences: france_competences, sirene: evidence}) AS constats
    FROM population JOIN closed_establishments USING (siret)
    """,
    message=(
        "L'établissement {siret} est fermé dans Sirene[ depuis le {sirene.date_debut}][ ; son successeur y est "
        "{sirene.successeur}]."
        "[ La liste publique des organismes de formation le déclare encore (numéro d'activité : {liste_of.nda}).]"
        "[ France compétences lui donne encore une habilitation {france_competences.etat_habilitation}.]"
    ),
    demande=(
        "Demander à l'établissement s'il a cessé de former ou quel établissement lui succède, et de faire mettre à jour sa "
        "déclaration et ses habilitations."
    ),
)
