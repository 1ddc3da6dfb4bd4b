"""One day of the fictitious France: the cases and the crowd fill it, the formats write it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tools.fictitious_france import identifiers
from tools.fictitious_france.geography import PARIS, Commune
from tools.fictitious_france.model import (
    Certifier,
    Fiche,
    OfRow,
    Organisme,
    Partner,
    School,
    SireneRow,
    Succession,
    UnitRow,
)
from tools.fictitious_france.nsf import speciality
from tools.fictitious_france.story import FIRST_DAY, Phase, number_of, phase_of

MINISTRY = identifiers.siret(identifiers.siren(1), 1)
"""The default certifier: it certifies every fiche without certifiers of its own, and is always open in Sirene."""


@dataclass(frozen=True)
class Body:
    """A legal unit of the cast. All its identifiers and fiche codes derive from its number: no two bodies share any."""

    number: int
    commune: Commune = PARIS

    @property
    def siren(self) -> str:
        """`99 00xxxx` + key."""
        return identifiers.siren(self.number)

    def siret(self, rank: int = 1) -> str:
        """Its rank-th establishment; 1 is the head office."""
        return identifiers.siret(self.siren, rank)

    def nda(self, rank: int = 0, letter: str = "", commune: Commune | None = None) -> str:
        """Its declaration number; ranks 1 to 4 are further ones, `commune` where it was registered."""
        place = commune or self.commune
        return identifiers.nda(place.registration, place.department, rank * 10_000 + self.number, letter)

    def uai(self, rank: int = 0) -> str:
        """A UAI of its département."""
        return identifiers.uai(self.commune.department, self.number + rank)

    def rncp(self, rank: int = 0) -> str:
        """The code of a fiche of its own, in a range that the real RNCP has not reached."""
        return f"RNCP{90_000 + self.number + rank}"

    def rs(self, rank: int = 0) -> str:
        """The code of a fiche of its own in the RS."""
        return f"RS{90_000 + self.number + rank}"

    def other(self, rank: int, commune: Commune | None = None) -> "Body":
        """Another legal unit of the same case (1 to 9)."""
        return Body(self.number + rank, commune or self.commune)


def _postal_details(number: int, place: Commune) -> dict[str, Any]:
    """What only some addresses have."""
    return {
        "complement": "BATIMENT B" if number % 7 == 0 else "",
        "postal_box": f"BP {number % 1000}" if number % 11 == 0 else "",
        "cedex": (f"{place.postcode[:3]}99", f"{place.name} CEDEX") if number % 11 == 0 else ("", ""),
        "sign": f"ENSEIGNE IMAGINAIRE {number}" if number % 5 == 0 else "",
    }


def _unit(siren: str, rows: list[SireneRow]) -> UnitRow:
    head_office = next((row for row in rows if row.head_office), rows[0])
    company = UnitRow(
        siren,
        name=f"SOCIETE IMAGINAIRE {siren}",
        usual_name=f"FORMATION IMAGINAIRE {siren}" if int(siren[:8]) % 3 == 0 else "",
        initials=f"SI{siren[2:8]}" if int(siren[:8]) % 4 == 0 else "",
        state="A" if any(row.state == "A" for row in rows) else "C",
        diffusion="P" if any(row.diffusion == "P" for row in rows) else "O",
        activity=head_office.activity,
        head_office=head_office.siret[9:],
        created=head_office.created,
        since=head_office.since,
    )
    if int(siren[:8]) % 6:
        return company
    return replace(
        company, name="", usual_name="", initials="", category="1000",
        surname=f"IMAGINAIRE{siren[5:]}", first_name="CAMILLE",
        married_name=f"DURAND{siren[5:]}" if int(siren[:8]) % 4 == 0 else "",
    )  # fmt: skip


@dataclass
class Stage:
    """The rows of one day. Each method adds a sound row, so that a case states only its differences."""

    day: date = FIRST_DAY
    list_of: list[OfRow] = field(default_factory=list)
    fiches: dict[str, Fiche] = field(default_factory=dict)
    establishments: dict[str, SireneRow] = field(default_factory=dict)
    units: dict[str, UnitRow] = field(default_factory=dict)
    """Legal units that differ from what `legal_units` makes of their establishments."""
    successions: list[Succession] = field(default_factory=list)
    schools: list[School] = field(default_factory=list)
    organismes: list[Organisme] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The day of the story, 0 to LAST."""
        return number_of(self.day)

    @property
    def phase(self) -> Phase:
        """The phase of the common rhythm on that day."""
        return phase_of(self.number)

    @property
    def open(self) -> bool:
        """True on the days on which a case of the common rhythm is at fault."""
        return self.phase is not Phase.CALM

    @property
    def changed(self) -> bool:
        """True on the days on which its fault has different evidence."""
        return self.phase is Phase.CHANGED

    def of(self, body: Body, **changes: Any) -> OfRow:
        """Add a row to the list of training bodies: head office, first NDA, Qualiopi for training."""
        sound = OfRow(
            nda=body.nda(),
            siren=body.siren,
            siret=body.siret(),
            name=f"FORMATION IMAGINAIRE {body.number}",
            region=body.commune.region,
            qualiopi=(True, False, False, False),
            declared=date(2026, 4, 14),
            opening=date(2025, 1, 1),
            closing=date(2025, 12, 31),
            specialities=(speciality("313"), speciality("326")),
            trainees="120",
            entrusted="0",
            trainers="4",
        )
        row = replace(sound, **changes)
        self.list_of.append(row)
        return row

    def sirene(self, body: Body, rank: int = 1, **changes: Any) -> SireneRow:
        """Add an active establishment to Sirene."""
        place: Commune = changes.pop("place", body.commune)
        sound = SireneRow(
            siret=body.siret(rank),
            commune=place.code,
            postcode=place.postcode,
            city=place.name,
            name=f"FORMATION IMAGINAIRE {body.number}",
            head_office=rank == 1,
            **_postal_details(body.number, place),
        )
        row = replace(sound, **changes)
        self.establishments[row.siret] = row
        return row

    def legal_units(self) -> Iterator[UnitRow]:
        """The legal unit of every SIREN in Sirene: a company, or a natural person."""
        by_siren: dict[str, list[SireneRow]] = {}
        for row in self.establishments.values():
            by_siren.setdefault(row.siret[:9], []).append(row)
        for siren, rows in by_siren.items():
            yield self.units.get(siren) or _unit(siren, rows)

    def both(self, body: Body, **changes: Any) -> OfRow:
        """Add a sound head office to Sirene and declare it in the list with these changes."""
        self.sirene(body)
        return self.of(body, **changes)

    def fiche(self, code: str, *partners: Partner, **changes: Any) -> Fiche:
        """Add a fiche, certified by the ministry unless `certifiers` says otherwise."""
        sound = Fiche(code, certifiers=[Certifier(MINISTRY, "MINISTERE DE LA FORMATION IMAGINAIRE")])
        self.fiches[code] = replace(sound, partners=list(partners), **changes)
        return self.fiches[code]

    def school(self, body: Body, rank: int = 0, **changes: Any) -> School:
        """Add an open public school of the head office to the directory."""
        sound = School(body.uai(rank), body.siret(), body.commune.code, body.commune.postcode, body.commune.name)
        row = replace(sound, **changes)
        self.schools.append(row)
        return row

    def onisep(self, body: Body, uai: str | None, **changes: Any) -> Organisme:
        """Add the head office to the ONISEP référentiel with that validated UAI."""
        sound = Organisme(body.siret(), uai, body.commune.code, body.commune.postcode, body.commune.name)
        row = replace(sound, **changes)
        self.organismes.append(row)
        return row

    def succession(self, predecessor: str, successor: str, on: str, **changes: Any) -> None:
        """Add one version of a link of succession."""
        self.successions.append(replace(Succession(predecessor, successor, on), **changes))
