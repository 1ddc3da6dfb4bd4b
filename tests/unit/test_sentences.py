"""What an agent reads: every rule's sentence whole, and all of those of a story without a blemish."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from quiforme.anomalies import vocabulary
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.message import Evenement, sentence
from quiforme.refusals import Code, Refusal

from tools.fictitious_france import FIRST_DAY, LAST, write_day
from tools.in_process.system import System
from tools.local_stack.emulator import ROOT

SIRET, OTHER, SUCCESSOR = "81841109200013", "90000000100017", "81841109200021"
NDA = "11750000175"
PARIS = {"departement": "75", "region": "11"}
NOWHERE = {"departement": None, "region": None}
ABOUT = {"siret": SIRET, "siren": SIRET[:9], "premiere_detection": date(2026, 11, 23), "resolue_le": date(2026, 11, 27)}
RULE_OF = {rule.code: rule for rule in RULES}
CLOSED = {"siret": SIRET, "etat": "F", "date_debut": "2026-10-31", "code_commune": "75111", "successeur": SUCCESSOR}
ADDRESS = {"voie": "12 RUE DES ECOLES", "code_postal": "75011", "ville": "PARIS"}
ROW = {
    "nda": NDA,
    "siren": SIRET[:9],
    "siret": SIRET,
    "code_region": "84",
    "date_derniere_declaration": "15/01/2024",
    "date_debut_exercice": "01/01/2025",
    "date_fin_exercice": "31/12/2024",
}

# (code, cle, constats, what the message says between the two ends that all have)
FINDINGS: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
    (
        "siret_invalide",
        {"source": "liste_of", "ligne": NDA, "valeur": "8184110920001"},
        {"liste_of": {"nda": NDA, "siret": "8184110920001"}},
        "La liste publique des organismes de formation donne à la déclaration d'activité 11750000175 (SIREN 818411092) "
        "le SIRET « 8184110920001 », qui n'est pas valide. Demander à l'organisme le SIRET de l'établissement déclarant, "
        "et de le corriger dans Mon activité formation.",
    ),
    (
        "siret_invalide",
        {"source": "liste_of", "ligne": "", "valeur": ""},
        {"liste_of": {"nda": "", "siret": ""}},
        "La liste publique des organismes de formation donne à une déclaration sans numéro (SIREN 818411092) un SIRET "
        "vide. Demander à l'organisme le SIRET de l'établissement déclarant, et de le corriger dans Mon activité "
        "formation.",
    ),
    (
        "siret_invalide",
        {"source": "rncp", "ligne": "RNCP123", "valeur": "12"},
        {"fiche": {"code": "RNCP123", "siret": "12"}},
        "France compétences inscrit sur la fiche RNCP123, comme partenaire ou certificateur, le SIRET « 12 », qui n'est "
        "pas valide. Demander au certificateur de la fiche RNCP123 de quel établissement il s'agit, et de faire "
        "corriger le numéro par France compétences.",
    ),
    (
        "siren_incoherent",
        {"nda": NDA},
        {"liste_of": [{**ROW, "siren": "900000001"}]},
        "Dans la liste publique des organismes de formation, le SIREN et le SIRET de la déclaration d'activité "
        "11750000175 se contredisent, alors que le SIRET devrait commencer par le SIREN : SIREN 900000001, SIRET "
        "81841109200013. Demander à l'organisme quel établissement exerce l'activité, et de corriger le numéro faux "
        "dans Mon activité formation.",
    ),
    (
        "siret_inconnu",
        {"siret": SIRET},
        {"liste_of": {"nda": [NDA]}, "france_competences": {"etat_habilitation": "Actif"}, "sirene": None},
        "Sirene ne connaît pas l'établissement 81841109200013. La liste publique des organismes de formation le déclare "
        "(numéro d'activité : 11750000175). France compétences lui donne une habilitation active. Demander à "
        "l'établissement son SIRET exact, et de le faire corriger par la source qui se trompe.",
    ),
    (
        "etablissement_ferme",
        {"siret": SIRET},
        {"liste_of": {"nda": [NDA]}, "france_competences": None, "sirene": CLOSED},
        "L'établissement 81841109200013 est fermé dans Sirene depuis le 31/10/2026 ; son successeur y est "
        "81841109200021. La liste publique des organismes de formation le déclare encore (numéro d'activité : "
        "11750000175). Demander à l'établissement s'il a cessé de former ou quel établissement lui succède, et de faire "
        "mettre à jour sa déclaration et ses habilitations.",
    ),
    (
        "etablissement_ferme",
        {"siret": SIRET},
        {
            "liste_of": None,
            "france_competences": {"etat_habilitation": "Actif"},
            "sirene": {**CLOSED, "date_debut": None, "successeur": None},
        },
        "L'établissement 81841109200013 est fermé dans Sirene. France compétences lui donne encore une habilitation "
        "active. Demander à l'établissement s'il a cessé de former ou quel établissement lui succède, et de faire "
        "mettre à jour sa déclaration et ses habilitations.",
    ),
    (
        "nda_malforme",
        {"nda": "1,175E+10"},
        {"liste_of": [{**ROW, "nda": "1,175E+10"}]},
        "La liste publique des organismes de formation donne à l'établissement 81841109200013 le numéro de déclaration "
        "d'activité « 1,175E+10 », qui n'a pas la forme attendue (11 caractères). Demander à l'organisme le numéro que "
        "la DREETS lui a donné, et signaler l'erreur à la DGEFP, qui produit la liste.",
    ),
    (
        "nda_malforme",
        {"nda": ""},
        {"liste_of": [{**ROW, "nda": ""}]},
        "La liste publique des organismes de formation donne à l'établissement 81841109200013 un numéro de déclaration "
        "d'activité vide. Demander à l'organisme le numéro que la DREETS lui a donné, et signaler l'erreur à la DGEFP, "
        "qui produit la liste.",
    ),
    (
        "nda_partage",
        {"nda": NDA},
        {"liste_of": [ROW, {**ROW, "siren": "", "siret": OTHER}]},
        "Dans la liste publique des organismes de formation, plusieurs unités légales portent le même numéro de "
        "déclaration d'activité 11750000175 : SIREN 818411092, établissement 81841109200013 ; établissement "
        "90000000100017. Demander à chacune depuis quand elle utilise ce numéro, et à la DREETS à laquelle il "
        "appartient.",
    ),
    (
        "plusieurs_nda",
        {"siret": SIRET},
        {"liste_of": ["11750000175", "11750000275", "11750000375", "11750000475", "11750000575"]},
        "La liste publique des organismes de formation donne plusieurs numéros de déclaration d'activité à "
        "l'établissement 81841109200013 : 11750000175, 11750000275, 11750000375 et 2 autres. Demander à l'établissement "
        "lequel il utilise, et s'il a fait annuler les autres par la DREETS.",
    ),
    (
        "declaration_perimee",
        {"nda": NDA},
        {"liste_of": [ROW]},
        "Dans la liste publique des organismes de formation, la dernière déclaration faite sous le numéro d'activité "
        "11750000175 a plus de deux ans : 15/01/2024. Demander à l'organisme s'il forme encore, et s'il a transmis ses "
        "derniers bilans pédagogiques et financiers.",
    ),
    (
        "date_incoherente",
        {"nda": NDA},
        {"liste_of": [ROW]},
        "Dans la liste publique des organismes de formation, les dates données pour le numéro d'activité 11750000175 se "
        "contredisent ou sont à venir : exercice du 01/01/2025 au 31/12/2024, dernière déclaration le 15/01/2024. "
        "Demander à l'organisme les dates de son exercice et de sa déclaration, et de les corriger dans Mon activité "
        "formation.",
    ),
    (
        "specialite_inconnue",
        {"nda": NDA, "specialite": "998"},
        {"liste_of": [{"nda": NDA, "specialite": "998"}]},
        "La liste publique des organismes de formation donne au numéro d'activité 11750000175 une spécialité de "
        "formation « 998 » que la nomenclature des spécialités (NSF) ne contient pas. Demander à l'organisme la "
        "spécialité qu'il enseigne, et de la corriger à son prochain bilan pédagogique et financier.",
    ),
    (
        "region_incoherente",
        {"nda": NDA},
        {"liste_of": [{"liste_of": ROW, "region_sirene": "11"}]},
        "La région du numéro d'activité 11750000175 n'est pas la même selon la liste publique des organismes de "
        "formation et selon Sirene : Auvergne-Rhône-Alpes dans la liste, Île-de-France dans Sirene pour l'établissement "
        "81841109200013. Demander à l'organisme s'il a déménagé, et de faire corriger l'adresse fausse, dans Mon "
        "activité formation ou dans Sirene.",
    ),
    (
        "nda_sorti_de_liste",
        {"nda": NDA},
        {"liste_of": [{"siren": SIRET[:9], "siret": SIRET, "date_derniere_declaration": "2024-01-15"}]},
        "Le numéro de déclaration d'activité 11750000175 de l'établissement 81841109200013 n'est plus dans la liste "
        "publique des organismes de formation, où il était jusqu'alors (dernière déclaration : 15/01/2024). Demander à "
        "l'organisme si sa déclaration est annulée ou caduque, ou si son bilan pédagogique et financier est en retard.",
    ),
    (
        "perte_qualiopi",
        {"nda": NDA, "categorie": "validation_acquis_experience"},
        {"liste_of": {"avant": True, "maintenant": False}},
        "La certification Qualiopi « VAE » du numéro d'activité 11750000175 (établissement 81841109200013) n'est plus "
        "dans la liste publique des organismes de formation, où elle était jusqu'alors. Demander à l'organisme si elle "
        "est retirée, suspendue ou en cours de renouvellement, et une copie de son certificat.",
    ),
    (
        "perte_habilitation",
        {"siret": SIRET, "code_fiche": "RNCP123"},
        {
            "france_competences": {
                "avant": {"etat_habilitation": "Actif", "fiche_active": "Oui"},
                "maintenant": {
                    "etat_habilitation": ["Supprimé"],
                    "fiche_active": "Oui",
                    "date_fin_enregistrement": "2030-08-31",
                },
            }
        },
        "L'établissement 81841109200013 n'a plus d'habilitation en vigueur sur la fiche RNCP123 de France compétences, où "
        "il en avait une jusqu'alors : à présent, habilitation supprimée, fiche active, enregistrement jusqu'au "
        "31/08/2030. Demander à l'établissement s'il prépare encore à cette certification, et au certificateur pourquoi "
        "l'habilitation a pris fin.",
    ),
    (
        "perte_habilitation",
        {"siret": SIRET, "code_fiche": "RNCP123"},
        {
            "france_competences": {
                "avant": {"etat_habilitation": "Actif", "fiche_active": "Oui"},
                "maintenant": {"etat_habilitation": None, "fiche_active": None, "date_fin_enregistrement": None},
            }
        },
        "L'établissement 81841109200013 n'a plus d'habilitation en vigueur sur la fiche RNCP123 de France compétences, où "
        "il en avait une jusqu'alors : à présent, établissement absent de la fiche, fiche absente du répertoire. "
        "Demander à l'établissement s'il prépare encore à cette certification, et au certificateur pourquoi "
        "l'habilitation a pris fin.",
    ),
    (
        "habilitation_sur_fiche_inactive",
        {"code_fiche": "RNCP123"},
        {"france_competences": {"nombre": 12, "premiers": [SIRET, OTHER, SUCCESSOR, "90000000200015"]}},
        "La fiche RNCP123 n'est plus active selon France compétences, qui y tient pourtant encore 12 partenaires pour "
        "habilités, dont 81841109200013, 90000000100017 et 81841109200021. Demander au certificateur si une autre fiche la "
        "remplace, et de faire clore ces habilitations.",
    ),
    (
        "habilitation_sur_fiche_inactive",
        {"code_fiche": "RNCP123"},
        {"france_competences": {"nombre": 3, "premiers": [SIRET, OTHER, SUCCESSOR]}},
        "La fiche RNCP123 n'est plus active selon France compétences, qui y tient pourtant encore 3 partenaires pour "
        "habilités : 81841109200013, 90000000100017 et 81841109200021. Demander au certificateur si une autre fiche la "
        "remplace, et de faire clore ces habilitations.",
    ),
    (
        "habilitation_sur_fiche_inactive",
        {"code_fiche": "RNCP123"},
        {"france_competences": {"nombre": 1, "premiers": [SIRET]}},
        "La fiche RNCP123 n'est plus active selon France compétences, qui y tient pourtant encore un partenaire pour "
        "habilité : 81841109200013. Demander au certificateur si une autre fiche la remplace, et de faire clore ces "
        "habilitations.",
    ),
    (
        "fin_enregistrement_depassee",
        {"code_fiche": "RS123"},
        {"france_competences": {"actif": "Oui", "date_fin_enregistrement": "2026-10-31"}},
        "France compétences tient la fiche RS123 pour active, alors que son enregistrement a pris fin le 31/10/2026. "
        "Demander au certificateur si l'enregistrement est renouvelé, et à France compétences de corriger la date ou "
        "l'état de la fiche.",
    ),
    (
        "certificateur_ferme",
        {"code_fiche": "RNCP123", "siret": SIRET},
        {"sirene": CLOSED},
        "L'établissement 81841109200013, certificateur de la fiche active RNCP123 selon France compétences, est fermé "
        "dans Sirene depuis le 31/10/2026 ; son successeur y est 81841109200021. Demander au certificateur quel "
        "établissement délivre à présent la certification, et de faire mettre la fiche à jour par France compétences.",
    ),
    (
        "habilitation_sans_nda",
        {"siret": SIRET},
        {"liste_of": {"siren": SIRET[:9], "nda": None}},
        "France compétences tient l'établissement 81841109200013 pour habilité à former, comme partenaire, à une "
        "certification enregistrée sur demande, mais la liste publique des organismes de formation n'a aucun numéro de "
        "déclaration d'activité pour son unité légale 818411092. Demander à l'établissement sous quel numéro il forme, et si "
        "son bilan pédagogique et financier est en retard : un organisme en retard n'est pas dans la liste.",
    ),
    (
        "habilitation_sans_qualiopi",
        {"siret": SIRET},
        {"liste_of": [NDA]},
        "France compétences tient l'établissement 81841109200013 pour habilité à former, mais la liste publique des "
        "organismes de formation ne lui donne aucune certification Qualiopi (numéro d'activité : 11750000175). Demander "
        "à l'établissement s'il est certifié Qualiopi et, si oui, une copie de son certificat.",
    ),
    (
        "uai_invalide",
        {"source": "annuaire_education", "uai": "0861288A"},
        {"uai": "0861288A", "sirets": ["", SIRET, OTHER]},
        "Le code UAI « 0861288A » de la source « annuaire de l'éducation » (SIRET 81841109200013 et 90000000100017) "
        "n'est pas valide : ses 7 chiffres et sa lettre de contrôle ne vont pas ensemble. Demander à l'établissement "
        "son code UAI, et de faire corriger la source par son producteur.",
    ),
    (
        "uai_multiples",
        {"siret": SIRET},
        {"annuaire_education": ["0861288H", "0861289J"]},
        "L'annuaire de l'éducation donne à l'établissement 81841109200013, écoles primaires mises à part, plusieurs codes UAI "
        "ouverts : 0861288H et 0861289J. Demander à l'établissement lequel désigne son activité de formation, et si les autres "
        "servent encore.",
    ),
    (
        "uai_divergent",
        {"siret": SIRET},
        {"referentiel_onisep": ["0861289J"], "annuaire_education": ["0861288H"]},
        "Le référentiel ONISEP donne à l'établissement 81841109200013 le code UAI 0861289J, mais l'annuaire de "
        "l'éducation lui donne 0861288H. Demander à l'établissement son code UAI, et de faire corriger la source qui se "
        "trompe.",
    ),
    (
        "uai_etablissement_ferme",
        {"siret": SIRET},
        {"annuaire_education": ["0861288H"], "sirene": {**CLOSED, "successeur": None}},
        "L'annuaire de l'éducation tient l'établissement 81841109200013 pour ouvert (UAI 0861288H), mais il est fermé "
        "dans Sirene depuis le 31/10/2026. Demander à l'établissement s'il est encore ouvert et sous quel SIRET, et au "
        "rectorat de mettre l'annuaire à jour.",
    ),
    (
        "source_perimee",
        {"source": "sirene_succession"},
        {"fichier": "StockEtablissementLiensSuccession_utf8.zip", "jour_des_donnees": "2026-10-01"},
        "Les données en usage de la source « Sirene, liens de succession » datent du 01/10/2026 : elles sont trop "
        "anciennes. Demander au producteur s'il publie encore, et vérifier que son dernier fichier est arrivé.",
    ),
    (
        "source_refusee",
        {"source": "rs"},
        {"fichier": "f.zip", "motif": "12 rows, under half of the 4837 of the largest recent file", "conserve": None},
        "Le fichier du jour de la source « France compétences, répertoire spécifique (RS) » n'a pas été accepté (il n'a "
        "pas pu être lu ou téléchargé) : le dernier accepté reste en usage. Vérifier le fichier, et demander au producteur "
        "d'en publier un qui soit complet.",
    ),
    (
        "lignes_rejetees",
        {"source": "liste_of"},
        {"nombre": 12, "premieres": [{"identifiant": NDA, "texte": None, "motif": "x"}]},
        "Lignes ou fiches illisibles dans le fichier de la source « liste publique des organismes de formation » : 12. Le "
        "reste du fichier est utilisé. Les signaler au producteur, avec leur texte, qui est gardé à part.",
    ),
    (
        "adresse_introuvable",
        {"nda": NDA},
        {
            "liste_of": [
                {"siret": SIRET, "adresse": ADDRESS, "ban": {"label": "Rue des Écoles 75005 Paris", "score": 0.4}},
                {"siret": SIRET, "adresse": {**ADDRESS, "voie": None}, "ban": {"label": None, "score": None}},
                {
                    "siret": SIRET,
                    "adresse": {"voie": "LIEU DIT", "code_postal": "", "ville": ""},
                    "ban": {"label": None, "score": None},
                },
                {"siret": SIRET, "adresse": "[ND]", "ban": {"label": "[ND]", "score": 0.1}},
            ]
        },
        "La Base Adresse Nationale ne trouve pas l'adresse que la liste publique des organismes de formation donne au "
        "numéro d'activité 11750000175 : « 12 RUE DES ECOLES, 75011 PARIS », au plus proche de « Rue des Écoles 75005 "
        "Paris » ; « 75011 PARIS » et 2 autres. Demander à l'organisme son adresse exacte, et de la corriger dans Mon "
        "activité formation.",
    ),
    (
        "adresse_divergente",
        {"nda": NDA},
        {
            "liste_of": [
                {
                    "siret": SIRET,
                    "adresse": ADDRESS,
                    "ban": {"label": "12 Rue des Écoles 94000 Créteil", "citycode": "94028"},
                    "sirene": {"code_commune": "97411"},
                }
            ]
        },
        "L'adresse que la liste publique des organismes de formation donne au numéro d'activité 11750000175 n'est pas "
        "dans la commune de l'établissement selon Sirene : « 12 RUE DES ECOLES, 75011 PARIS », commune 94028 "
        "(Val-de-Marne) selon la Base Adresse Nationale, mais 97411 (La Réunion) selon Sirene pour l'établissement "
        "81841109200013. Demander à l'organisme s'il a déménagé, et de faire corriger l'adresse fausse, dans Mon "
        "activité formation ou dans Sirene.",
    ),
]


def test_the_guide_explains_every_rule() -> None:
    guide = (ROOT / "docs" / "anomalies.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"\*\*`(\w+)`\*\* \((\w+)\)", guide)) == {rule.code: rule.severite for rule in RULES}


def said(
    code: str,
    cle: dict[str, str],
    constats: dict[str, Any],
    evenement: Evenement = "ouverte",
    place: Mapping[str, str | None] = PARIS,
    details: str | None = None,
) -> str:
    """The sentence of an anomaly."""
    return sentence(RULE_OF[code], evenement, cle, constats, {**ABOUT, **place, "details": details})


def test_every_rule_is_said_here() -> None:
    assert {code for code, *_ in FINDINGS} == set(RULE_OF)


@pytest.mark.parametrize(
    ("code", "cle", "constats", "expected"), FINDINGS, ids=[f"{n}-{one[0]}" for n, one in enumerate(FINDINGS)]
)
def test_the_sentence_of_a_finding(code: str, cle: dict[str, str], constats: dict[str, Any], expected: str) -> None:
    assert said(code, cle, constats) == (
        f"{expected} Constaté le 23/11/2026. Région compétente : Île-de-France (Paris)."
    )


FICHE = FINDINGS[[code for code, *_ in FINDINGS].index("fin_enregistrement_depassee")][:3]


def test_what_happened_is_said() -> None:
    what = "France compétences tient la fiche RS123 pour active, alors que son enregistrement a pris fin le 31/10/2026."
    updated, resolved = said(*FICHE, "modifiee", NOWHERE), said(*FICHE, "resolue", NOWHERE)
    assert updated.startswith(f"Mise à jour du constat du 23/11/2026. {what} Demander")
    assert resolved == f"Résolue le 27/11/2026 : le constat du 23/11/2026 n'a plus cours. Rappel : {what}"


@pytest.mark.parametrize(
    ("place", "end"),
    [
        ({"departement": "2A", "region": "94"}, " Région compétente : Corse (Corse-du-Sud)."),
        ({"departement": None, "region": "53"}, " Région compétente : Bretagne."),
        ({"departement": "978", "region": None}, " Lieu : Saint-Martin."),
        (NOWHERE, " Constaté le 23/11/2026."),
    ],
)
def test_the_competent_region_is_named(place: dict[str, str | None], end: str) -> None:
    assert said(*FICHE, place=place).endswith(end)


@pytest.mark.parametrize(
    ("details", "french"),
    [
        ('{"code": "absent", "facts": {}}', "il n'est pas arrivé"),
        (Refusal("missing_columns", {"columns": "siren, etat"}), "colonnes absentes : siren, etat"),
        (Refusal("missing_columns", {"columns": "x" * 200}), f"colonnes absentes : {'x' * 100}…"),
        (Refusal("repeated_columns", {"columns": "siren"}), "colonnes en double : siren"),
        (Refusal("empty_file"), "il est vide"),
        (Refusal("no_readable_row"), "aucune ligne n'est lisible"),
        (Refusal("too_many_unreadable_rows", {"unreadable": 30, "rows": 100}), "30 lignes illisibles sur 100"),
        (
            Refusal("too_few_rows", {"rows": 12, "largest": 4837}),
            "12 lignes, contre 4837 dans le plus grand fichier des 30 derniers jours",
        ),
        (Refusal("html_page", {"address": "https://example.fr/f"}), "une page web est arrivée à sa place"),
        (Refusal("zip_unreadable", {"detail": "File is not a zip file"}), "archive endommagée ou inattendue"),
        (Refusal("wrong_version", {"version": "3.0"}), "format inattendu"),
        (Refusal("unreadable", {"detail": "syntax error: line 1\ncolumn 0"}), "contenu illisible"),
        (Refusal("fetch_failed", {"detail": "it answers 503"}), "il n'a pas pu être lu ou téléchargé"),
        (None, "il n'a pas pu être lu ou téléchargé"),
        ('{"code": "of_a_later_version", "facts": {}}', "il n'a pas pu être lu ou téléchargé"),
    ],
)
def test_why_a_file_was_refused_is_said_in_french(details: Refusal | str | None, french: str) -> None:
    stored = json.dumps(asdict(details)) if isinstance(details, Refusal) else details
    assert f" ({french}) : " in said("source_refusee", {"source": "rs"}, {"motif": "x"}, details=stored)


def test_every_refusal_has_its_french() -> None:
    assert set(vocabulary.REFUSALS) == {*get_args(Code), "absent"}


@pytest.mark.parametrize(
    ("first", "named"),
    [
        ({"identifiant": NDA, "texte": None, "motif": "x"}, " (11750000175)"),
        ({"identifiant": None, "texte": ";;", "motif": "x"}, ""),
    ],
)
def test_where_the_unreadable_rows_stand_is_said(first: dict[str, Any], named: str) -> None:
    details = {"fichier": "listePubliqueOF.csv", "lignes": [47, 50], "conservees": "set-aside/liste_of/1.ndjson"}
    text = said(
        "lignes_rejetees", {"source": "liste_of"}, {"nombre": 12, "premieres": [first]}, details=json.dumps(details)
    )
    assert text.startswith(
        "Lignes ou fiches illisibles dans le fichier « listePubliqueOF.csv » de la source « liste publique des organismes de "
        f"formation » : 12, à commencer par la n° 47{named}. Le reste du fichier est utilisé. Les signaler au producteur, "
        "avec leur texte, que l'exploitant du service garde à part sous « set-aside/liste_of/1.ndjson ». Constaté"
    )


@pytest.mark.parametrize(
    ("code", "cle", "constats", "expected"),
    [
        (
            "habilitation_sur_fiche_inactive",
            {"siret": SIRET, "code_fiche": "RNCP123"},
            {
                "france_competences": {
                    "etat_habilitation": "Actif",
                    "fiche_active": "Non",
                    "date_fin_enregistrement": "2025-08-31",
                }
            },
            "France compétences tient l'établissement 81841109200013 pour habilité sur la fiche RNCP123, qui n'est plus active "
            "(fin d'enregistrement : 31/08/2025).",
        ),
        (
            "lignes_rejetees",
            {"source": "liste_of"},
            {"nombre": 12, "premieres": [{"line": 47, "reason": "x"}], "conservees": "k"},
            "Lignes ou fiches illisibles dans le fichier de la source « liste publique des organismes de formation » : 12. Le "
            "reste du fichier est utilisé.",
        ),
    ],
)
def test_what_an_earlier_version_found_is_still_said(
    code: str, cle: dict[str, str], constats: dict[str, Any], expected: str
) -> None:
    assert said(code, cle, constats, "resolue", NOWHERE) == (
        f"Résolue le 27/11/2026 : le constat du 23/11/2026 n'a plus cours. Rappel : {expected}"
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """Every message of the whole story of the fictitious world."""
    system = System(tmp_path_factory.mktemp("story"))
    for day in (FIRST_DAY + timedelta(days=number) for number in range(LAST + 1)):
        write_day(system.drop, day)
        system.ingest(day)
        system.reconcile(day)
    yield system.outbox.events


@pytest.mark.prove
def test_no_sentence_of_a_story_reads_badly(story: list[dict[str, Any]]) -> None:
    assert len(story) > 100
    for event in story:
        text: str = event["data"]["message"]
        blemish = re.search(r"None|non renseigné|inconnu|[{}\[\]|<>]|  | [,.)]|\.\.|\( |true|false|null", text)
        assert not blemish, text
        assert text.count("«") == text.count("»"), text
        assert text.count("(") == text.count(")"), text
        assert text.endswith("."), text
        assert len(text) <= 600, text
        # A file is called as its producer names it.
        assert not re.search(r"\d{4}-\d{2}-\d{2}", re.sub("«[^»]*»", "", text)), text


@pytest.mark.prove
def test_the_story_says_every_event_in_its_own_words(story: list[dict[str, Any]]) -> None:
    beginnings = {"modifiee": "Mise à jour du constat du ", "resolue": "Résolue le "}
    for event in story:
        evenement, text = event["type"].split(".")[3], event["data"]["message"]
        told = [name for name, beginning in beginnings.items() if text.startswith(beginning)]
        assert told == ([] if evenement == "ouverte" else [evenement]), text


@pytest.mark.prove
def test_the_story_gives_its_links(story: list[dict[str, Any]]) -> None:
    for event in story:
        data = event["data"]
        siret = data["siret"]
        assert data["liens"]["consultation"] == (siret and f"https://api.example/v1/etablissements/{siret}")
        assert data["liens"]["sources"], json.dumps(data)
        for page in data["liens"]["sources"].values():
            assert re.fullmatch(r"https://[a-z.-]+/[\w/%?=.-]*", page), page
