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
    FROM (SELECT * REPLACE ({{siret: siret, adresse: adresse, ban: {{label: label, score: score}}}} AS constat)
          FROM adresses_of WHERE NOT attendue AND NOT trouvee)
    GROUP BY nda
    UNION ALL BY NAME
    FROM en_attente('adresse_introuvable')
    """,
    message="L'adresse que déclare {nda} est introuvable dans la Base Adresse Nationale : la faire préciser.",
)
