"""Where the links of an anomaly lead."""

import pytest
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.links import consultation, sources

SIRET, NDA = "81841109200013", "11750000175"
NOTHING = dict.fromkeys(("siret", "siren", "nda", "code_fiche", "uai", "source"))
RULE_OF = {rule.code: rule for rule in RULES}
LISTE_OF = "https://dgefp.opendatasoft.com/explore/dataset/liste-publique-des-of-v2/table/?q="
ANNUAIRE = "https://data.education.gouv.fr/explore/dataset/fr-en-annuaire-education/table/?q="
SIRENE = f"https://annuaire-entreprises.data.gouv.fr/etablissement/{SIRET}"


@pytest.mark.parametrize(
    ("code", "about", "expected"),
    [
        ("etablissement_ferme", {"siret": SIRET}, {"liste_of": LISTE_OF + SIRET, "sirene": SIRENE}),
        ("region_incoherente", {"nda": NDA, "siret": SIRET}, {"liste_of": LISTE_OF + NDA, "sirene": SIRENE}),
        (
            "region_incoherente",
            {"nda": NDA, "siren": "818411092"},
            {
                "liste_of": LISTE_OF + NDA,
                "sirene": "https://annuaire-entreprises.data.gouv.fr/entreprise/818411092",
            },
        ),
        (
            "perte_habilitation",
            {"siret": SIRET, "code_fiche": "RNCP123"},
            {"rncp": "https://www.francecompetences.fr/recherche/rncp/123/"},
        ),
        (
            "fin_enregistrement_depassee",
            {"code_fiche": "RS6563"},
            {"rs": "https://www.francecompetences.fr/recherche/rs/6563/"},
        ),
        (
            "habilitation_sur_fiche_inactive",
            {"code_fiche": "RNCP123"},
            {"rncp": "https://www.francecompetences.fr/recherche/rncp/123/"},
        ),
        (
            "uai_divergent",
            {"siret": SIRET, "uai": "0861288H"},
            {
                "annuaire_education": ANNUAIRE + SIRET,
                "referentiel_onisep": f"https://referentiel.apprentissage.onisep.fr/organismes/{SIRET}",
            },
        ),
        (
            "uai_invalide",
            {"source": "annuaire_education", "uai": "0861288 A"},
            {"annuaire_education": f"{ANNUAIRE}0861288%20A"},
        ),
        (
            "uai_invalide",
            {"source": "referentiel_onisep", "uai": "x"},
            {"referentiel_onisep": "https://referentiel.apprentissage.onisep.fr/organismes"},
        ),
        ("nda_malforme", {"nda": "1,17&x=1"}, {"liste_of": f"{LISTE_OF}1%2C17%26x%3D1"}),
        ("nda_malforme", {"nda": ""}, {}),
        (
            "siret_invalide",
            {"source": "rncp", "code_fiche": "RNCP123"},
            {"rncp": "https://www.francecompetences.fr/recherche/rncp/123/"},
        ),
        (
            "source_refusee",
            {"source": "sirene"},
            {"sirene": "https://www.data.gouv.fr/datasets/5b7ffc618b4c4169d30727e0/"},
        ),
    ],
)
def test_the_pages_of_the_sources_compared(code: str, about: dict[str, str | None], expected: dict[str, str]) -> None:
    assert sources(RULE_OF[code], {**NOTHING, **about}) == expected


def test_the_look_up_is_linked_for_an_establishment_only() -> None:
    about = {**NOTHING, "siret": SIRET, "nda": NDA}
    assert consultation(about, "https://api.example") == f"https://api.example/v1/etablissements/{SIRET}"
    assert consultation({**NOTHING, "nda": NDA}, "https://api.example") is None
