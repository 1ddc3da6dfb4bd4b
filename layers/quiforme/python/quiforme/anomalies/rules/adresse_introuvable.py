"""The OF address geocodes under a score of 0.5, or not at all.

An address that is not given is no address to find: half the rows give none. While an address awaits its answer
(`adresses_of.attendue`), nothing is known of its NDA: nothing opens, and what is open stays as it is.
"""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="adresse_introuvable",
    severite="mineure",
    cle=("nda",),
    needs=("liste_of", "adresses"),
    sql=f"""
    SELECT nda, {LIGNES_OF}
    FROM (SELECT * REPLACE ({{siret: siret, adresse: adresse_a_dire, ban: {{label: label_a_dire, score: score}}}} AS constat)
          FROM adresses_of WHERE NOT attendue AND NOT trouvee)
    GROUP BY nda
    UNION ALL BY NAME
    FROM en_attente('adresse_introuvable')
    """,
    message=(
        "La Base Adresse Nationale ne trouve pas l'adresse que la liste publique des organismes de formation donne au numéro "
        "d'activité {nda} : <liste_of: {adresse}[, au plus proche de « {ban.label} »]>."
    ),
    demande="Demander à l'organisme son adresse exacte, et de la corriger dans Mon activité formation.",
)
