"""An NDA was in the previously accepted list, is gone now, and no row of its SIREN replaces it.

The snapshot's table `ndas_inactifs` holds the NDAs that are gone (pipeline/documents).
"""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="nda_sorti_de_liste",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of",),
    sql="""
    SELECT nda, to_json({liste_of: list({siren: siren, siret: siret,
                             date_derniere_declaration: date_derniere_declaration} ORDER BY siren)}) AS constats,
           unnest(first({siret: siret, siren: siren, code_region: code_region}
                        ORDER BY siret IS NULL, siren IS NULL, line))
    FROM (SELECT * REPLACE (CASE WHEN code_region IN (SELECT region FROM departements) THEN code_region END AS code_region)
          FROM ndas_inactifs)
    GROUP BY nda
    """,
    message=(
        "Le numéro de déclaration d'activité {nda}[ de l'établissement {siret}| de l'unité légale {siren}] n'est plus dans la "
        "liste publique des organismes de formation, où il était jusqu'alors"
        "[ (dernière déclaration : {liste_of.date_derniere_declaration})]."
    ),
    demande=(
        "Demander à l'organisme si sa déclaration est annulée ou caduque, ou si son bilan pédagogique et financier est en "
        "retard."
    ),
    compares_with_previous=True,
)
