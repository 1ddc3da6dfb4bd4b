"""An habilitation was active in the previous generation, is absent or inactive now, and its fiche did not end as announced.

A fiche ended as announced when it is inactive or gone now, and the previous register gave an end that the run's day has
reached. A date that changes on the day announces nothing, and a partner withdrawn from an active fiche is always a loss.
"""

from quiforme.anomalies.rule import Rule

RULE = Rule(
    code="perte_habilitation",
    severite="majeure",
    cle=("siret", "code_fiche"),
    needs=("rncp|rs",),
    sql="""
    WITH were_active AS (   -- the end of the fiche is that of the last register in which the habilitation was active
        SELECT siret, code, arg_min_null(announced_end, snapshot) AS announced_end
        FROM (SELECT * FROM previous.habilitations WHERE actif) LEFT JOIN previous.fiches USING (snapshot, code)
        GROUP BY siret, code
    ), lost AS (
        FROM (SELECT siret, code FROM were_active LEFT JOIN fiches USING (code)
              WHERE actif OR coalesce(announced_end > getvariable('day')::DATE, true)
              UNION   -- what is open stays so: a loss shows only in the snapshots from before it
              SELECT cle->>'siret', cle->>'code_fiche' FROM ledger WHERE code = 'perte_habilitation' AND etat = 'ouverte')
        ANTI JOIN (SELECT siret, code FROM habilitations WHERE actif) AS active USING (siret, code)
    ), states AS (
        SELECT siret, code, list(etat ORDER BY etat) AS etat_habilitation
        FROM (SELECT siret, code, etat FROM partenaires UNION SELECT siret, code, etat FROM certificateurs)
        GROUP BY siret, code
    )
    SELECT siret, code AS code_fiche,
           to_json({france_competences: {avant: {etat_habilitation: 'Actif', fiche_active: 'Oui'}, maintenant: {
               etat_habilitation: etat_habilitation,
               fiche_active: CASE WHEN actif THEN 'Oui' WHEN NOT actif THEN 'Non' END,
               date_fin_enregistrement: date_fin_enregistrement}}}) AS constats
    FROM lost LEFT JOIN states USING (siret, code) LEFT JOIN fiches USING (code)
    """,
    message="""
    {% set now = france_competences.maintenant %}
    {% set states = now.etat_habilitation | etat_habilitation %}
    L'établissement {{ siret }} n'a plus d'habilitation en vigueur sur la fiche {{ code_fiche }} de France compétences, où il en
    avait une jusqu'alors : à présent,
    {% if states %}habilitation {{ states }}{% else %}établissement absent de la fiche{% endif %},
    {% if now.fiche_active %}fiche {{ now.fiche_active | fiche_active }}{% else %}fiche absente du répertoire{% endif %}
    {%- if now.date_fin_enregistrement %}, enregistrement jusqu'au {{ now.date_fin_enregistrement }}{% endif %}.
    """,
    request="""
    Demander à l'établissement s'il prépare encore à cette certification, et au certificateur pourquoi l'habilitation a pris fin.
    """,
    max_age_days=90,
    compares_with_previous=True,
)
