"""Values of the formats that the description names, for schemathesis: a pattern alone says nothing of keys and days."""

from datetime import date, timedelta

import schemathesis
from hypothesis import strategies as st
from quiforme.api.parameters import cursor
from quiforme.identifiers import UAI_LETTERS

from tests.api.documents import siret
from tests.france import FIRST_DAY
from tests.france.cast import CERTIFIED, CERTIFIED_THROUGH_LEGAL_UNIT, SEVERAL_NDA

SIRETS = st.sampled_from([CERTIFIED, CERTIFIED_THROUGH_LEGAL_UNIT, SEVERAL_NDA]) | st.integers(0, 10**11 - 1).map(siret)
PUBLISHED = 2
"""How many days are published before the calls."""

schemathesis.openapi.format("siret", SIRETS)
schemathesis.openapi.format("siren", SIRETS.map(lambda one: one[:9]))
schemathesis.openapi.format("uai", st.integers(0, 9_999_999).map(lambda one: f"{one:07}{UAI_LETTERS[one % 23]}"))
schemathesis.openapi.format("jour-passe", st.dates(date(2000, 1, 1), FIRST_DAY + timedelta(days=1)).map(str))
schemathesis.openapi.format("curseur", st.builds(cursor, st.integers(1, PUBLISHED), st.just("") | SIRETS))
