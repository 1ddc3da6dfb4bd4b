"""The RNCP and RS exports of France compétences, flux 4.1: a zip with one XML.

The same tag names live under several parents (ACTIF under SI_JURY_*, CODE and LIBELLE under ABREGE, NSF, ROME
and the blocks, NUMERO_FICHE under CORRESPONDANCES, DATE_DERNIERE_MODIFICATION_ETAT under certifiers and
partners): every fiche here has these decoys, in the producer's order, with values that would give a wrong
answer.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from tools.fictitious_france.formats.archives import write_zip
from tools.fictitious_france.model import Certifier, Fiche, Partner

Register = Literal["RNCP", "RS"]
_WAYS = ("FI", "CA", "FC", "CQ", "CL", "VAE")


def file_name(register: Register, day: date) -> str:
    """The zip's name in a drop."""
    return f"export-fiches-{register.lower()}-v4-1-{day.isoformat()}.zip"


def inner_name(register: Register, day: date) -> str:
    """The XML's name in the zip."""
    return f"export_fiches_{register}_V4_1_{day.isoformat()}.xml"


def _tag(name: str, value: str | date | None) -> str:
    if value is None:
        return ""
    text = value.strftime("%d/%m/%Y") if isinstance(value, date) else escape(value)
    return f"<{name}>{text}</{name}>"


def _group(name: str, *children: str) -> str:
    return f"<{name}>{''.join(children)}</{name}>"


def _certifier(certifier: Certifier) -> str:
    return _group(
        "CERTIFICATEUR",
        _tag("SIRET_CERTIFICATEUR", certifier.siret or None),
        _tag("NOM_CERTIFICATEUR", certifier.name),
        _tag("ETAT_CERTIFICATEUR", certifier.state),
        _tag("DATE_DERNIERE_MODIFICATION_ETAT", "18/07/2024"),
    )


def _die(fiche: Fiche) -> int:
    return sum(fiche.code.encode())


def _open(way: str, fiche: Fiche) -> bool:
    """Whether a way leads to a fiche; all but two in seven fiches are open to apprentices."""
    return way != "CL" and (way != "CA" or _die(fiche) % 7 > 1)


def _jury(way: str, fiche: Fiche) -> str:
    """The jury of one way to a fiche; a fiche of the RS has none for apprentices."""
    if way == "CA" and fiche.code.startswith("RS"):
        return ""
    composition = _tag("COMPOSITION", "Trois professionnels, dont un président") if _open(way, fiche) else ""
    return _group(f"SI_JURY_{way}", _tag("ACTIF", "Oui" if _open(way, fiche) else "Non"), composition)


def _partner(partner: Partner) -> str:
    return _group(
        "PARTENAIRE",
        _tag("NOM_PARTENAIRE", partner.name),
        _tag("SIRET_PARTENAIRE", partner.siret),
        _tag("HABILITATION_PARTENAIRE", partner.role),
        _tag(partner.state_tag, partner.state),
        _tag("DATE_ACTIF", partner.active_since),
        _tag("DATE_DERNIERE_MODIFICATION_ETAT", partner.changed),
    )


def _last_delivery(fiche: Fiche) -> date | None:
    """Four years after the end of the registration, on one fiche in six."""
    if not isinstance(fiche.end, date) or _die(fiche) % 6:
        return None
    return fiche.end.replace(year=fiche.end.year + 4, day=min(fiche.end.day, 28))


def _fiche(fiche: Fiche) -> str:
    by_law = fiche.decision is None
    parts = (
        _tag("ID_FICHE", fiche.code.lstrip("RNCPS")),
        _tag("NUMERO_FICHE", fiche.code),
        _group(
            "NOUVELLES_CERTIFICATIONS",
            _group("NOUVELLE_CERTIFICATION", _tag("ID_FICHE_NOUVELLE_CERTIFICATION", fiche.successor)),
        )
        if fiche.successor
        else "",
        _tag("INTITULE", fiche.title),
        _group("ABREGE", _tag("CODE", "TP"), _tag("LIBELLE", "Titre professionnel")),
        _tag("ETAT_FICHE", fiche.state),
        _group(
            "FORMACODES",
            _group("FORMACODE", _tag("CODE", "32054"), _tag("LIBELLE", "Gestion des organisations")),
        ),
        _group(
            "NOMENCLATURE_EUROPE",
            _tag("NIVEAU", f"NIV{fiche.level}"),
            _tag("LIBELLE", f"Niveau {fiche.level}"),
        )
        if fiche.code.startswith("RNCP")
        else "",
        _group("CODES_NSF", _group("NSF", _tag("CODE", "221w"), _tag("LIBELLE", "221w : Commercialisation"))),
        _group("CERTIFICATEURS", *map(_certifier, fiche.certifiers)),
        _tag("EXISTENCE_PARTENAIRES", "Oui" if fiche.partners else "Non"),
        _group("PARTENAIRES", *map(_partner, fiche.partners)) if fiche.partners else "",
        _tag("ACTIVITES_VISEES", "Le titulaire imagine, organise & rend compte de l’activité."),
        _group("CODES_ROME", _group("ROME", _tag("CODE", "K2111"), _tag("LIBELLE", "Formation professionnelle"))),
        *(_jury(way, fiche) for way in _WAYS),
        _tag("ACCESSIBLE_NOUVELLE_CALEDONIE", "Non"),
        _tag("ACCESSIBLE_POLYNESIE_FRANCAISE", "Non"),
        _tag("DATE_DECISION", fiche.decision),
        _tag("DATE_FIN_ENREGISTREMENT", fiche.end),
        _tag("DATE_EFFET", date(2020, 9, 1) if by_law else None),
        _tag("TYPE_ENREGISTREMENT", "Enregistrement de droit" if by_law else "Enregistrement sur demande"),
        _group(
            "BLOCS_COMPETENCES",
            _group("BLOC_COMPETENCES", _tag("CODE", f"{fiche.code}BC01"), _tag("LIBELLE", "Organiser l'activité")),
        ),
        _tag("ACTIF", fiche.active),
        _tag("DATE_DE_PUBLICATION", date(2020, 7, 23) if by_law else None),
        _tag("DATE_LIMITE_DELIVRANCE", _last_delivery(fiche)),
        _group(
            "CORRESPONDANCES",
            _group("CORRESPONDANCE", _group("DESTINATION", _tag("NUMERO_FICHE", f"{fiche.code}999"))),
        ),
    )
    return _group("FICHE", *(f"\n    {part}" for part in parts if part), "\n  ")


def _document(fiches: Iterable[Fiche]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<FICHES>\n  <VERSION_FLUX>4.1</VERSION_FLUX>\n'
    for fiche in fiches:
        yield f"  {_fiche(fiche)}\n"
    yield "</FICHES>\n"


def render(fiches: Iterable[Fiche]) -> bytes:
    """The XML's bytes."""
    return "".join(_document(fiches)).encode()


def write(folder: Path, register: Register, day: date, fiches: Iterable[Fiche]) -> Path:
    """Write one register's zip."""
    return write_as(folder / file_name(register, day), register, day, fiches)


def write_as(path: Path, register: Register, day: date, fiches: Iterable[Fiche]) -> Path:
    """Write one register's XML in a zip of any name."""
    write_zip(path, inner_name(register, day), render(fiches))
    return path
