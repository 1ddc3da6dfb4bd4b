"""Where an agent sees what an anomaly is about: the look-up, and what the sources compared publish of it.

The addresses are the producers' public pages, each checked against pages that link to them. The list of training
bodies and the directory have no page for one record that its number alone leads to: a search of the dataset does.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from quiforme.anomalies.rule import Rule

_DATASETS: Final[Mapping[str, str]] = {
    "liste_of": "https://www.data.gouv.fr/datasets/582c8978c751df788ec0bb7e/",
    "rncp": "https://www.data.gouv.fr/datasets/5eebbc067a14b6fecc9c9976/",
    "rs": "https://www.data.gouv.fr/datasets/5eebbc067a14b6fecc9c9976/",
    "sirene": "https://www.data.gouv.fr/datasets/5b7ffc618b4c4169d30727e0/",
    "sirene_succession": "https://www.data.gouv.fr/datasets/5b7ffc618b4c4169d30727e0/",
    "annuaire_education": "https://www.data.gouv.fr/datasets/5889d03fa3a72974cbf0d5b1/",
    "referentiel_onisep": "https://referentiel.apprentissage.onisep.fr/organismes",
}
"""Where a source is published, for an anomaly of the source itself or of a row without an identifier."""

About = Mapping[str, str | None]
"""siret, siren, nda, code_fiche, uai and source, each None when it is not known."""


def consultation(about: About, api_url: str) -> str | None:
    """The establishment in the look-up, whose address is given without a slash at its end; None without establishment."""
    siret = about["siret"]
    return f"{api_url}/v1/etablissements/{siret}" if siret else None


def sources(rule: Rule, about: About) -> dict[str, str]:
    """The public page of each source that a rule compares, by the source's name, where it has one for this anomaly.

    When the anomaly names a source, only that one was looked at, and its dataset is what there is at the least.
    """
    source = about["source"]
    compared = [source] if source else [name for need in rule.needs for name in need.split("|")]
    pages = {name: _RECORDS[name](about) for name in compared if name in _RECORDS}
    if source:
        pages = {name: page or _DATASETS[name] for name, page in pages.items()}
    return {name: page for name, page in pages.items() if page}


def _liste_of(about: About) -> str | None:
    known = about["nda"] or about["siret"] or about["siren"]
    return (
        f"https://dgefp.opendatasoft.com/explore/dataset/liste-publique-des-of-v2/table/?q={_in_url(known)}"
        if known
        else None
    )


def _fiche(register: str) -> Callable[[About], str | None]:
    def page(about: About) -> str | None:
        code = about["code_fiche"] or ""
        number = code.removeprefix(register.upper())
        return f"https://www.francecompetences.fr/recherche/{register}/{number}/" if number.isdigit() else None

    return page


def _sirene(about: About) -> str | None:
    siret, siren = about["siret"], about["siren"]
    if siret:
        return f"https://annuaire-entreprises.data.gouv.fr/etablissement/{siret}"
    return f"https://annuaire-entreprises.data.gouv.fr/entreprise/{siren}" if siren else None


def _annuaire(about: About) -> str | None:
    known = about["siret"] or about["uai"]
    return (
        f"https://data.education.gouv.fr/explore/dataset/fr-en-annuaire-education/table/?q={_in_url(known)}"
        if known
        else None
    )


def _onisep(about: About) -> str | None:
    siret = about["siret"]
    return f"{_DATASETS['referentiel_onisep']}/{siret}" if siret else None


def _in_url(value: str) -> str:
    return quote(value, safe="")


_RECORDS: Final[Mapping[str, Callable[[About], str | None]]] = {
    "liste_of": _liste_of,
    "rncp": _fiche("rncp"),
    "rs": _fiche("rs"),
    "sirene": _sirene,
    "sirene_succession": _sirene,
    "annuaire_education": _annuaire,
    "referentiel_onisep": _onisep,
}
