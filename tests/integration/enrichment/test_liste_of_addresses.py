"""The addresses of the OF list's rows, when there is one."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from quiforme.database import open_database
from quiforme.sources import liste_of

from tests.integration.enrichment.tables import all_of
from tools.fictitious_france.formats.liste_of import render
from tools.fictitious_france.model import OfRow

ROW = OfRow("11750000001", "818411092", "81841109200013", "ORGANISME", "11")


def addresses(scratch: Path, content: bytes) -> list[dict[str, str] | None]:
    path = scratch / "list.csv"
    path.write_bytes(content)
    with open_database(scratch, memory_limit_mb=200) as database:
        liste_of.read(database, path, lambda _: None)
        return [address for (address,) in all_of(database, "SELECT adresse FROM liste_of ORDER BY line")]


@pytest.mark.parametrize("variant", ["v2", "2021"])
def test_an_address_is_read_trimmed(tmp_path: Path, variant: Literal["v2", "2021"]) -> None:
    row = replace(ROW, street="\t12 RUE DES ECOLES ", postcode=" 01000", city="BOURG")
    assert addresses(tmp_path, render([row], variant)) == [
        {"voie": "12 RUE DES ECOLES", "code_postal": "01000", "ville": "BOURG"}
    ]


def test_an_address_without_street_and_town_is_null(tmp_path: Path) -> None:
    rows = [
        ROW,
        replace(ROW, postcode="01000"),
        replace(ROW, street=" - ", postcode="01000", city="."),
        replace(ROW, city="BOURG"),
    ]
    found = addresses(tmp_path, render(rows))
    assert found == [None, None, None, {"voie": "", "code_postal": "", "ville": "BOURG"}]


def test_the_columns_may_be_missing(tmp_path: Path) -> None:
    content = render([replace(ROW, street="12 RUE", postcode="01000", city="BOURG")])
    some = content.replace(b"OrganismeFormation.codePostal", b"OrganismeFormation.cp")
    assert addresses(tmp_path, some) == [{"voie": "12 RUE", "code_postal": "", "ville": "BOURG"}]
    none = some.replace(b"OrganismeFormation.voie", b"x").replace(b"OrganismeFormation.ville", b"y")
    assert addresses(tmp_path, none) == [None]
