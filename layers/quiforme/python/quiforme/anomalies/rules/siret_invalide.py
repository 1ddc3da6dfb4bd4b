"""A source row's SIRET fails the SIRET rule; an empty one counts in the OF list only."""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="siret_invalide",
    severite="majeure",
    cle=("source", "ligne", "valeur"),
    needs=("liste_of",),
    sql="""
    SELECT 'liste_of' AS source, nda AS ligne, siret AS valeur, to_json({liste_of: {nda: nda, siret: siret}}) AS constats,
           nda, any_value(siren_retenu) AS siren,
           first(code_region ORDER BY line) FILTER (code_region IN (SELECT region FROM departements)) AS code_region,
           NULL AS code_fiche
    FROM liste_of WHERE NOT siret_valide GROUP BY nda, siret
    UNION ALL BY NAME
    SELECT DISTINCT source, code AS ligne, siret AS valeur, to_json({fiche: {code: code, siret: siret}}) AS constats,
           code AS code_fiche
    FROM (SELECT source, code, siret FROM partenaires WHERE etat = 'Actif'
          UNION ALL SELECT source, code, siret FROM certificateurs WHERE etat = 'Actif')
    WHERE siret <> '' AND NOT is_siret(siret)
    """,
    message=(
        "Le SIRET « {valeur} » de la ligne {ligne} (source {source}) n'est pas valide : demander le bon "
        "numéro à l'organisme."
    ),
)
