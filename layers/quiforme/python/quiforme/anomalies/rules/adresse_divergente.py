"""The commune of the geocoded OF address is not that of the declared establishment in Sirene.

Only an address that was found has a commune to compare. While one awaits its answer (`adresses_of.attendue`),
nothing opens, and what is open stays as it is.
"""

from quiforme.anomalies.columns import LIGNES_OF
from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="adresse_divergente",
    severite="majeure",
    cle=("nda",),
    needs=("liste_of", "sirene", "adresses"),
    sql=f"""
    SELECT nda, {LIGNES_OF}
    FROM (SELECT adresses_of.* REPLACE ({{
                     siret: siret, adresse: adresse,
                     ban: {{label: label, citycode: citycode}}, sirene: {{code_commune: code_commune}}}} AS constat)
          FROM adresses_of JOIN sirene_utile USING (siret)
          WHERE NOT attendue AND trouvee AND NOT meme_commune(citycode, code_commune))
    GROUP BY nda
    UNION ALL BY NAME
    FROM en_attente('adresse_divergente')
    """,
    message=(
        "L'adresse que déclare {nda} n'est pas dans la commune de l'établissement selon Sirene : "
        "demander s'il a déménagé."
    ),
)
