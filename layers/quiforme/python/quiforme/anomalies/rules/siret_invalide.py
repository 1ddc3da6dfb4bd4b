"""The SIRET of a source row is not valid; an empty one counts in the OF list only."""

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
    WHERE siret <> '' AND NOT is_siret(siret)   -- in the registers an empty SIRET is no anomaly
    """,
    message="""
    {% if fiche is defined %}
      France compétences inscrit sur la fiche {{ fiche.code }}, comme partenaire ou certificateur, le SIRET « {{ valeur }} »,
      qui n'est pas valide.
    {% else %}
      La liste publique des organismes de formation donne
      {% if liste_of.nda %}à la déclaration d'activité {{ liste_of.nda }}{% else %}à une déclaration sans numéro{% endif %}
      {% if siren %}(SIREN {{ siren }}){% endif %}
      {% if valeur %}le SIRET « {{ valeur }} », qui n'est pas valide{% else %}un SIRET vide{% endif %}.
    {% endif %}
    """,
    request="""
    {% if fiche is defined %}
      Demander au certificateur de la fiche {{ fiche.code }} de quel établissement il s'agit, et de faire corriger le numéro par
      France compétences.
    {% else %}
      Demander à l'organisme le SIRET de l'établissement déclarant, et de le corriger dans Mon activité formation.
    {% endif %}
    """,
)
