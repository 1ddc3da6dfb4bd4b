"""An `Actif` certifier of an active fiche is closed in Sirene."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="certificateur_ferme",
    severite="majeure",
    cle=("code_fiche", "siret"),
    needs=("rncp|rs", "sirene"),
    sql="""
    SELECT DISTINCT code AS code_fiche, siret, to_json({sirene: constat}) AS constats
    FROM certificateurs JOIN fiches USING (code) JOIN fermes USING (siret)
    WHERE certificateurs.etat = 'Actif' AND actif AND is_siret(siret)
    """,
    message=(
        "Le certificateur {siret} de la fiche active {code_fiche} est fermé selon Sirene : demander qui lui succède."
    ),
)
