"""Values of the formats that the description names, for schemathesis: a pattern alone says nothing of keys and days.

Some of them are published, so that calls find something.
"""

from datetime import date

import schemathesis
from hypothesis import strategies as st
from quiforme.api.anomalies import ETATS
from quiforme.api.parameters import cursor, encoded_cursor
from quiforme.identifiers import UAI_LETTERS, is_siren
from quiforme.regions import REGIONS

from tests.e2e.days import NUMBER
from tools.fictitious_france import FIRST_DAY
from tools.fictitious_france.cast import CERTIFIED, CERTIFIED_THROUGH_LEGAL_UNIT, SEVERAL_NDA
from tools.in_process.documents import siret
from tools.openapi.examples import CHANGED, CODE_OF_CERTIFIED, NDA_OF_CERTIFIED, UAI_OF_CERTIFIED

_SIRETS = st.sampled_from([CERTIFIED, CERTIFIED_THROUGH_LEGAL_UNIT, SEVERAL_NDA, CHANGED])
_ANY_SIRET = _SIRETS | st.integers(0, 10**11 - 1).map(siret)
_SIREN_HEADS = st.integers(0, 10**8 - 1).map(lambda number: f"{number:08}")


def _siren(head: str) -> str:
    """The SIREN that starts so."""
    return next(whole for key in "0123456789" if is_siren(whole := head + key))


FORMATS: dict[str, st.SearchStrategy[str]] = {
    "siret": _ANY_SIRET,
    "siren": _SIRETS.map(lambda one: one[:9]) | _SIREN_HEADS.map(_siren),
    "nda": st.sampled_from([NDA_OF_CERTIFIED, "1,17204E+10"])
    | st.from_regex(r"[0-9]{4}[0-9A-Z][0-9]{6}", fullmatch=True),
    "uai": st.just(UAI_OF_CERTIFIED) | st.integers(0, 9_999_999).map(lambda one: f"{one:07}{UAI_LETTERS[one % 23]}"),
    "code-fiche": st.just(CODE_OF_CERTIFIED) | st.from_regex(r"(RNCP|RS)[0-9]{1,9}", fullmatch=True),
    "date": st.just(FIRST_DAY.isoformat()) | st.dates(date(2000, 1, 1), FIRST_DAY).map(date.isoformat),
    "etag": st.just("*") | st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
    "anomalie": st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    "curseur-anomalies": st.builds(
        lambda etat, region: encoded_cursor(f"{etat}/{region}/"), st.sampled_from(ETATS), st.sampled_from(list(REGIONS))
    ),
    "curseur": st.builds(cursor, st.integers(1, NUMBER), st.just("") | _ANY_SIRET),
}
for _name, _values in FORMATS.items():
    schemathesis.openapi.format(_name, _values)


@schemathesis.hook
def filter_query(_: schemathesis.HookContext, query: dict[str, object] | None) -> bool:
    """Leave out the days to come, which are found in answers: JSON Schema has no way to say that they are refused."""
    return not query or str(query.get("date", "")) <= FIRST_DAY.isoformat()
