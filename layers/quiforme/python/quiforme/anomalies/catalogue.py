"""The closed catalogue of rules, in the order of the specification. Each code is a module of `rules`."""

from importlib import import_module
from typing import Final

from quiforme.anomalies.rule import Rule

_CODES: Final = (
    "siret_invalide",
    "siren_incoherent",
    "siret_inconnu",
    "etablissement_ferme",
    "nda_malforme",
    "nda_partage",
    "plusieurs_nda",
    "declaration_perimee",
    "date_incoherente",
    "specialite_inconnue",
    "region_incoherente",
    "nda_sorti_de_liste",
    "perte_qualiopi",
    "perte_habilitation",
    "habilitation_sur_fiche_inactive",
    "fin_enregistrement_depassee",
    "certificateur_ferme",
    "habilitation_sans_nda",
    "habilitation_sans_qualiopi",
    "uai_invalide",
    "uai_multiples",
    "uai_divergent",
    "uai_etablissement_ferme",
    "source_perimee",
    "source_refusee",
    "lignes_rejetees",
    "adresse_introuvable",
    "adresse_divergente",
)


def _rule(code: str) -> Rule:
    rule = import_module(f"quiforme.anomalies.rules.{code}").RULE
    if not isinstance(rule, Rule) or rule.code != code:
        raise TypeError(f"rules/{code}.py does not define the rule {code}")
    return rule


RULES: Final[tuple[Rule, ...]] = tuple(map(_rule, _CODES))
