"""The links of an anomaly: the establishment in the look-up, and the public pages of the sources compared."""

from quiforme.anomalies.rule import Rule
from quiforme.sources.catalogue import BY_NAME
from quiforme.sources.source import Subject


def consultation(about: Subject, api_url: str) -> str | None:
    """The establishment in the look-up; None without establishment.

    Args:
        about: What the anomaly is about.
        api_url: The look-up's address, without a slash at its end.

    """
    siret = about["siret"]
    return f"{api_url}/v1/etablissements/{siret}" if siret else None


def sources(rule: Rule, about: Subject) -> dict[str, str]:
    """The public pages of the sources that a rule compares, by the source's name.

    A source without a page for this record is left out. When the anomaly names a source, only that one was compared,
    and the page of its dataset stands in for the record's.
    """
    named = about["source"]
    names = [named] if named else [name for need in rule.needs for name in need.split("|")]
    compared = [BY_NAME[name] for name in names if name in BY_NAME]  # "adresses" is no source: it has no page
    pages = {source.name: source.record_page(about) for source in compared}
    if named:
        pages = {source.name: pages[source.name] or source.dataset_page for source in compared}
    return {name: page for name, page in pages.items() if page}
