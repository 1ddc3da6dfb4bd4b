"""Where each producer publishes its file: the defaults of the template's parameters.

No address was tried from here; each was read in public code that uses it, up to August 2026. An address answers in
one of three ways: it is the file; or it redirects to it (``/datasets/r/<resource>``: the platform keeps the
resource's id when the file is replaced); or it is a dataset whose newest file has to be looked for
(``/api/1/datasets/<dataset>/``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

_DATA_GOUV = "https://www.data.gouv.fr/api/1/datasets"


@dataclass(frozen=True, slots=True)
class Producer:
    """One source's address.

    Attributes:
        address: The default.
        largest_bytes: The most that is ever taken from it, several times what it is: a guard of the disk.
        format: What tells its file in a dataset of data.gouv.fr whose names say nothing.

    """

    address: str
    largest_bytes: int
    format: str


PRODUCERS: Mapping[str, Producer] = {
    # The ministry's own export, written on demand: 38 MB. data.gouv.fr points to it (resource
    # ac59a0f5-fa83-4b82-bf12-3c5806d4f19f). Not verified: whether it gives an ETag, a Last-Modified, a file name.
    "liste_of": Producer(
        "https://www.monactiviteformation.emploi.gouv.fr/mon-activite-formation/public/listePubliqueOF?format=csv",
        500_000_000,
        "csv",
    ),
    # One resource a day and register, none ever removed; 74 MB and 12 MB.
    "rncp": Producer(f"{_DATA_GOUV}/5eebbc067a14b6fecc9c9976/", 1_000_000_000, "zip"),
    "rs": Producer(f"{_DATA_GOUV}/5eebbc067a14b6fecc9c9976/", 500_000_000, "zip"),
    # StockEtablissement, Parquet: 2.2 GB. The zip (CSV, 2.9 GB) is 0651fb76-bcf3-4f6a-a38d-bc04fa708576.
    "sirene": Producer(f"{_DATA_GOUV}/r/a29c1297-1f92-4e2a-8f6b-8c902ce96c5f", 6_000_000_000, "parquet"),
    # StockEtablissementLiensSuccession, the zip: no public code was found to name the Parquet resource's id.
    "sirene_succession": Producer(f"{_DATA_GOUV}/r/9c4d5d9c-4bbb-4b9c-837a-6155cb589e26", 2_000_000_000, "zip"),
    # The ministry's export: 41 MB. On data.gouv.fr (dataset 5889d03fa3a72974cbf0d5b1) its resources are often
    # replaced. The labels are the capitalised column names; not verified: that they have stayed so.
    "annuaire_education": Producer(
        "https://data.education.gouv.fr/api/explore/v2.1/catalog/datasets/fr-en-annuaire-education/exports/csv"
        "?lang=fr&timezone=Europe%2FParis&use_labels=true&delimiter=%3B",
        500_000_000,
        "csv",
    ),
    # Every organisation on one page, as the apprenticeship API of the same ministry asks for it.
    "referentiel_onisep": Producer(
        "https://referentiel.apprentissage.onisep.fr/api/v1/organismes.json?items_par_page=60000",
        500_000_000,
        "json",
    ),
}
