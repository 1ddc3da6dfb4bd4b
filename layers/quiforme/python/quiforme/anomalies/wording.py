"""Renders the Jinja2 templates of the rules' messages.

`{{ value }}` writes a day as 23/11/2026, a list as « a, b et c », and nothing as « non renseigné ». Runs of white space become
one space, so a template may be laid out over several lines. The filters:

- the name of a code: `region`, `commune`, `categorie`, `source`, `etat_habilitation`, `fiche_active`; `adresse`; `refusal`;
- `liste_of | of("nda")`: the values that one field has in a record or in a list of records;
- `sirets | present`: a list without what is empty, to be tested in `{% if %}`.

`{% call(row) each(liste_of) %}SIRET {{ row.siret }}{% endcall %}` writes a text for each record: « a ; b et 3 autres ».
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final

from jinja2 import ChainableUndefined, Environment, Template, Undefined, pass_environment

from quiforme.anomalies import vocabulary

_MOST_VALUES: Final = 3
_MOST_ROWS: Final = 2
_LONGEST_VALUE: Final = 120
"""Characters."""
_EMPTY: Final = "non renseigné"
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """The text of a template.

    Args:
        template: Jinja2, with the filters above.
        values: What the names in it stand for.

    """
    return " ".join(_compiled(template).render(values).split())


def _written(value: object) -> str:
    """How a value appears in a text."""
    texts = [_text(one) for one in _present(value)]
    return _listed(texts, most=_MOST_VALUES, between=", ", last=" et ") or _EMPTY


def _text(value: object) -> str:
    text = str(value)
    if day := _DAY.fullmatch(text):
        return f"{day[3]}/{day[2]}/{day[1]}"
    return f"{text[:_LONGEST_VALUE]}…" if len(text) > _LONGEST_VALUE else text


def _listed(texts: Iterable[str], *, most: int, between: str, last: str) -> str:
    """« a, b et c », or « a, b, c et 4 autres »; a text that occurs twice is written once."""
    distinct = list(dict.fromkeys(texts))
    left = len(distinct) - most
    if left > 0:
        return f"{between.join(distinct[:most])} et {left} autre{'s' if left > 1 else ''}"
    return last.join(filter(None, (between.join(distinct[:-1]), *distinct[-1:])))


def _present(value: object) -> list[Any]:
    """A value or the values of a list, without what is empty."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if not (one is None or one == "" or isinstance(one, Undefined))]


def _records(value: object) -> list[Any]:
    return [one for one in _present(value) if isinstance(one, Mapping)]


@pass_environment
def _of(environment: Environment, records: object, name: str) -> list[Any]:
    """The values of one field, those of a list in it one by one."""
    return [one for record in _records(records) for one in _present(environment.getitem(record, name))]


def _each(records: object, caller: Callable[[Any], str]) -> str:
    """A text for each record; a record without a text is passed over."""
    texts = (caller(record).strip() for record in _records(records))
    return _listed(filter(None, texts), most=_MOST_ROWS, between=" ; ", last=" ; ") or _EMPTY


def _named(name_of: Callable[[Any], str | None]) -> Callable[[object], list[str]]:
    """A filter that puts the name of a code in its place, or the names of a list of codes."""
    return lambda value: _present([name_of(one) for one in _present(value)])


def _environment() -> Environment:
    environment = Environment(
        autoescape=False,  # noqa: S701  # plain text, which is never shown as HTML
        # A ledger may hold evidence of an older version: what it lacks is « non renseigné ». Tests use StrictUndefined.
        undefined=ChainableUndefined,
        finalize=_written,
    )
    named = (
        vocabulary.region,
        vocabulary.commune,
        vocabulary.categorie,
        vocabulary.source,
        vocabulary.etat_habilitation,
        vocabulary.fiche_active,
        vocabulary.adresse,
    )
    environment.filters |= {name_of.__name__: _named(name_of) for name_of in named}
    environment.filters |= {"of": _of, "present": _present, "refusal": vocabulary.refusal}
    environment.globals["each"] = _each
    return environment


ENVIRONMENT: Final = _environment()


@cache
def _compiled(template: str) -> Template:
    return ENVIRONMENT.from_string(template)
