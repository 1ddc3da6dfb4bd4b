"""The closed list of sources, in the order in which a run takes them."""

from collections.abc import Mapping
from typing import Final

from quiforme.sources import annuaire_education, france_competences, liste_of, referentiel_onisep, sirene
from quiforme.sources.source import Source

STOCK: Final = sirene.STOCK

SOURCES: Final = (
    liste_of.SOURCE,
    france_competences.RNCP,
    france_competences.RS,
    STOCK,
    sirene.SUCCESSION,
    sirene.UNITS,
    annuaire_education.SOURCE,
    referentiel_onisep.SOURCE,
)

BY_NAME: Final[Mapping[str, Source]] = {source.name: source for source in SOURCES}

__all__ = ["BY_NAME", "SOURCES", "STOCK", "Source", "kept"]


def kept(table: str, file: str) -> str:
    """The SQL that reads a stored table of a source, given the SQL that reads the file where it is stored."""
    return sirene.stored_stock(file) if table in STOCK.tables else file
