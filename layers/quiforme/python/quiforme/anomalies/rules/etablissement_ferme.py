"""Same population, closed (`F`) in Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="etablissement_ferme",
    severite="critique",
    cle=("siret",),
    needs=("liste_of", "sirene"),
    sql="""
    SELECT siret, to_json({declare: siret IN (FROM declares),
                           habilite: siret IN (SELECT siret FROM habilitations WHERE actif),
                           sirene: constat}) AS constats
    FROM population JOIN fermes USING (siret)
    """,
    message=(
        "L'établissement {siret} est fermé selon Sirene (depuis le {sirene.date_debut}) mais reste "
        "déclaré ou habilité : lui demander quel établissement lui succède."
    ),
)
