"""The catalogue: one function per rule of anomalies.md, each giving the findings of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from .documents import Document, Habilitation, active_ndas, iso, ndas_by_siren, onisep_uais, usable_directory_rows
from .identifiers import (
    NSF_CODES,
    REGIONS,
    departement_of_commune,
    is_digits,
    region_of_commune,
    valid_siret,
    valid_uai,
    well_formed_nda,
)
from .reading import CATEGORIES, OfRow, Snapshot

Evidence = dict[str, object]


@dataclass
class Finding:
    cle: dict[str, str]
    constats: Evidence
    siret: str | None = None
    siren: str | None = None
    nda: str | None = None
    code_fiche: str | None = None
    uai: str | None = None
    source: str | None = None
    departement: str | None = None
    region: str | None = None


@dataclass
class GoneNda:
    """An NDA that left the list: the day of that run, and its rows in the last list that held it."""

    since: date
    rows: list[OfRow]


@dataclass
class Facts:
    """The data that the rules examine on the run's day."""

    day: date
    snapshot: Snapshot
    documents: dict[str, Document]  # published ones (perimeter applied)
    held: dict[str, dict[str, Habilitation]]  # perimeter ignored
    gone: dict[str, GoneNda] = field(default_factory=dict)
    lost_qualiopi: dict[tuple[str, str], list[OfRow]] = field(default_factory=dict)  # (nda, category)
    lost_habilitations: dict[tuple[str, str], date] = field(default_factory=dict)  # (siret, fiche) -> since

    def of_rows(self) -> list[OfRow]:
        return self.snapshot.liste_of or []

    def closed(self, siret: str) -> bool:
        establishment = (self.snapshot.sirene or {}).get(siret)
        return establishment is not None and establishment.etat == "F"

    def commune(self, siret: str | None) -> str:
        establishment = (self.snapshot.sirene or {}).get(siret or "")
        return "" if establishment is None else establishment.commune

    def population(self) -> list[str]:
        """Declared in the OF list, or holder of an active habilitation."""
        sirets = {row.siret for row in self.of_rows() if valid_siret(row.siret)}
        sirets |= {siret for siret, entries in self.held.items() if any(e.active for e in entries.values())}
        return sorted(sirets)

    def partners_who_train(self) -> list[str]:
        """Active habilitation to train as a partner."""
        return sorted(
            siret for siret, entries in self.held.items() if any(e.trains_as_partner for e in entries.values())
        )

    def sirene_evidence(self, siret: str) -> Evidence:
        establishment = (self.snapshot.sirene or {}).get(siret)
        if establishment is None:
            return {"siret": siret, "present": False}
        return {
            "siret": siret,
            "etat": establishment.etat,
            "commune": establishment.commune,
            "date_debut": establishment.date_debut,
            "successeur": (self.snapshot.sirene_succession or {}).get(siret),
        }

    # --- findings and their place ---

    def place(self, finding: Finding, rows: list[OfRow]) -> Finding:
        """`region` comes from the Sirene commune, else from the OF list's `codeRegion`, else null."""
        if finding.siren is None and finding.siret is not None:
            finding.siren = finding.siret[:9]
        commune = self.commune(finding.siret)
        finding.departement = departement_of_commune(commune)
        finding.region = region_of_commune(commune)
        if finding.region is None:
            for row in rows:
                if row.region in REGIONS:
                    finding.region = row.region
                    break
        return finding

    def about_siret(self, siret: str, constats: Evidence, code_fiche: str | None = None) -> Finding:
        cle = {"siret": siret} if code_fiche is None else {"siret": siret, "code_fiche": code_fiche}
        rows = [row for row in self.of_rows() if row.siret == siret]
        return self.place(Finding(cle, constats, siret=siret, code_fiche=code_fiche), rows)

    def about_nda(self, nda: str, rows: list[OfRow], more: dict[str, str] | None = None) -> Finding:
        """A finding from its rows; its subject is the first row with a valid SIRET, else the first with a SIREN."""
        about = next(
            (row for row in rows if valid_siret(row.siret)),
            next((row for row in rows if row.siren() is not None), rows[0]),
        )
        finding = Finding(
            {"nda": nda, **(more or {})},
            {"liste_of": [of_evidence(row) for row in rows]},
            siret=about.siret if valid_siret(about.siret) else None,
            siren=about.siren(),
            nda=nda,
        )
        return self.place(finding, [about, *(row for row in self.of_rows() if row.siret == finding.siret)])

    def by_nda(self, wrong: Callable[[OfRow], bool]) -> list[Finding]:
        """One finding for each NDA that has such a row."""
        rows_of: dict[str, list[OfRow]] = {}
        for row in self.of_rows():
            if row.nda and wrong(row):
                rows_of.setdefault(row.nda, []).append(row)
        return [self.about_nda(nda, rows) for nda, rows in rows_of.items()]


def of_evidence(row: OfRow) -> Evidence:
    return {
        "nda": row.nda,
        "siren": row.siren_cell,
        "siret": row.siret,
        "region": row.region,
        "qualiopi": row.qualiopi,
        "date_derniere_declaration": iso(row.date_derniere_declaration),
        "date_debut_exercice": iso(row.date_debut_exercice),
        "date_fin_exercice": iso(row.date_fin_exercice),
        "specialites": [code for code, _libelle in row.specialites],
    }


# --- identifiers ----------------------------------------------------------------------------------------------


def siret_invalide(facts: Facts) -> Iterator[Finding]:
    """A source row's SIRET fails the SIRET rule."""
    rows_of: dict[tuple[str, str], list[OfRow]] = {}
    for row in facts.of_rows():
        if not valid_siret(row.siret):  # an empty SIRET too: valeur = ""
            rows_of.setdefault((row.nda, row.siret), []).append(row)
    for (nda, value), rows in rows_of.items():
        sirens = [row.siren() for row in rows if row.siren() is not None]
        yield facts.place(
            Finding(
                {"source": "liste_of", "ligne": nda, "valeur": value},
                {"liste_of": {"nda": nda, "siret": value}},
                siren=sirens[0] if sirens else None,
                nda=nda or None,
                source="liste_of",
            ),
            rows,
        )
    seen = set()
    for fiche in facts.snapshot.fiches():
        # the partner and certifier rows of fiches, `Supprimé` and inactive ones left out
        values = [partner.siret for partner in fiche.partners if partner.etat == "Actif"]
        values += [certifier.siret for certifier in fiche.certifiers if certifier.etat == "Actif"]
        for value in values:
            # an empty SIRET is nothing in a fiche
            if value and not valid_siret(value) and (fiche.source, fiche.code, value) not in seen:
                seen.add((fiche.source, fiche.code, value))
                yield Finding(
                    {"source": fiche.source, "ligne": fiche.code, "valeur": value},
                    {fiche.source: {"code": fiche.code, "siret": value}},
                    code_fiche=fiche.code,
                    source=fiche.source,
                )


def siren_incoherent(facts: Facts) -> Iterator[Finding]:
    """OF row: `siren` is not the first 9 of the declared SIRET (both well formed)."""
    yield from facts.by_nda(
        lambda row: is_digits(row.siren_cell, 9) and is_digits(row.siret, 14) and row.siren_cell != row.siret[:9]
    )


def siret_inconnu(facts: Facts) -> Iterator[Finding]:
    """Declared in the OF list, or holder of an active habilitation, but absent from Sirene."""
    for siret in facts.population():
        if siret not in (facts.snapshot.sirene or {}):
            yield facts.about_siret(siret, {"sirene": facts.sirene_evidence(siret)})


def etablissement_ferme(facts: Facts) -> Iterator[Finding]:
    """Same population, closed (`F`) in Sirene."""
    for siret in facts.population():
        if facts.closed(siret):
            yield facts.about_siret(siret, {"sirene": facts.sirene_evidence(siret)})


def nda_malforme(facts: Facts) -> Iterator[Finding]:
    """Does not match ^\\d{4}[0-9A-Z]\\d{6}$."""
    rows_of: dict[str, list[OfRow]] = {}
    for row in facts.of_rows():
        if not well_formed_nda(row.nda):
            rows_of.setdefault(row.nda, []).append(row)
    for nda, rows in rows_of.items():
        yield facts.about_nda(nda, rows)


def nda_partage(facts: Facts) -> Iterator[Finding]:
    """The same NDA on rows of different SIRENs."""
    rows_of: dict[str, list[OfRow]] = {}
    for row in facts.of_rows():
        if row.nda and row.siren() is not None:
            rows_of.setdefault(row.nda, []).append(row)
    for nda, rows in rows_of.items():
        if len({row.siren() for row in rows}) > 1:
            yield facts.about_nda(nda, rows)


def plusieurs_nda(facts: Facts) -> Iterator[Finding]:
    """One establishment declares more than one NDA."""
    ndas_of: dict[str, set[str]] = {}
    for row in facts.of_rows():
        if row.nda and valid_siret(row.siret):
            ndas_of.setdefault(row.siret, set()).add(row.nda)
    for siret, ndas in ndas_of.items():
        if len(ndas) > 1:
            yield facts.about_siret(siret, {"liste_of": {"ndas": sorted(ndas)}})


# --- what the OF list says ------------------------------------------------------------------------------------


def declaration_perimee(facts: Facts) -> Iterator[Finding]:
    """Listed though `dateDerniereDeclaration` is more than 730 days old."""
    yield from facts.by_nda(
        lambda row: row.date_derniere_declaration is not None and (facts.day - row.date_derniere_declaration).days > 730
    )


def date_incoherente(facts: Facts) -> Iterator[Finding]:
    """`debutExercice` after `finExercice`, or `dateDerniereDeclaration` after the run's day."""

    def wrong(row: OfRow) -> bool:
        debut, fin, derniere = row.date_debut_exercice, row.date_fin_exercice, row.date_derniere_declaration
        return (debut is not None and fin is not None and debut > fin) or (
            derniere is not None and derniere > facts.day
        )

    yield from facts.by_nda(wrong)


def specialite_inconnue(facts: Facts) -> Iterator[Finding]:
    """A speciality code outside the NSF list."""
    rows_of: dict[tuple[str, str], list[OfRow]] = {}
    for row in facts.of_rows():
        for code in sorted({code for code, _libelle in row.specialites}):
            if row.nda and code and code not in NSF_CODES:
                rows_of.setdefault((row.nda, code), []).append(row)
    for (nda, code), rows in rows_of.items():
        yield facts.about_nda(nda, rows, {"specialite": code})


def region_incoherente(facts: Facts) -> Iterator[Finding]:
    """`codeRegion` is not the region of the declared establishment's Sirene commune (both known)."""

    def wrong(row: OfRow) -> bool:
        region = region_of_commune(facts.commune(row.siret))
        return row.region in REGIONS and region is not None and row.region != region

    yield from facts.by_nda(wrong)


# --- what was lost since the previous run ---------------------------------------------------------------------


def nda_sorti_de_liste(facts: Facts) -> Iterator[Finding]:
    """In the previously accepted list, gone now, not named as a previous NDA; the state keeps those that have not come back."""
    for nda, gone in facts.gone.items():
        yield facts.about_nda(nda, gone.rows)


def perte_qualiopi(facts: Facts) -> Iterator[Finding]:
    """A category true in the previous accepted list, not true now, the NDA still listed."""
    for (nda, category), before in facts.lost_qualiopi.items():
        rows = [row for row in facts.of_rows() if row.nda == nda]
        finding = facts.about_nda(nda, rows, {"categorie": category})
        finding.constats = {
            "liste_of": {"avant": [row.qualiopi for row in before], "maintenant": [r.qualiopi for r in rows]}
        }
        yield finding


def perte_habilitation(facts: Facts) -> Iterator[Finding]:
    """Active in the previous generation, absent or inactive now, the fiche not ended as announced; closes after 90 days."""
    for (siret, code), since in facts.lost_habilitations.items():
        if (facts.day - since).days < 90:
            now = facts.held.get(siret, {}).get(code)
            yield facts.about_siret(siret, {"maintenant": None if now is None else now.entry}, code)


# --- France compétences ---------------------------------------------------------------------------------------


def habilitation_sur_fiche_inactive(facts: Facts) -> Iterator[Finding]:
    """Partners still `Actif` on a fiche with `ACTIF = Non`; evidence: how many, the first ten SIRETs."""
    for fiche in facts.snapshot.fiches():
        sirets: list[str] = []  # distinct valid ones, in the file's order
        for partner in fiche.partners:
            if partner.etat == "Actif" and valid_siret(partner.siret) and partner.siret not in sirets:
                sirets.append(partner.siret)
        if fiche.actif == "Non" and sirets:
            yield Finding(
                {"code_fiche": fiche.code}, {"nombre": len(sirets), "premiers": sirets[:10]}, code_fiche=fiche.code
            )


def fin_enregistrement_depassee(facts: Facts) -> Iterator[Finding]:
    """`FICHE/ACTIF = Oui` though `DATE_FIN_ENREGISTREMENT` is before the day of the data of its register."""
    seen = set()
    for fiche in facts.snapshot.fiches():
        end = fiche.date_fin_enregistrement
        past = end is not None and end < facts.snapshot.days[fiche.source]
        if fiche.actif == "Oui" and past and fiche.code not in seen:
            seen.add(fiche.code)
            yield Finding(
                {"code_fiche": fiche.code},
                {fiche.source: {"actif": "Oui", "date_fin_enregistrement": iso(end)}},
                code_fiche=fiche.code,
            )


def certificateur_ferme(facts: Facts) -> Iterator[Finding]:
    """An `Actif` certifier of an active fiche is closed in Sirene."""
    seen = set()
    for fiche in facts.snapshot.fiches():
        for certifier in fiche.certifiers:
            key = (certifier.siret, fiche.code)
            if fiche.actif != "Oui" or certifier.etat != "Actif" or key in seen:
                continue
            if valid_siret(certifier.siret) and facts.closed(certifier.siret):
                seen.add(key)
                evidence: Evidence = {"sirene": facts.sirene_evidence(certifier.siret)}
                yield facts.about_siret(certifier.siret, evidence, fiche.code)


def habilitation_sans_nda(facts: Facts) -> Iterator[Finding]:
    """Active habilitation to train as a partner on a fiche registered `sur demande`, and no NDA for its SIREN."""
    n = ndas_by_siren(facts.of_rows())
    on_request = {fiche.code for fiche in facts.snapshot.fiches() if fiche.type_enregistrement.endswith("sur demande")}
    for siret in facts.partners_who_train():
        trained_for = {code for code, entry in facts.held[siret].items() if entry.trains_as_partner}
        if trained_for & on_request and not n.get(siret[:9]):
            yield facts.about_siret(siret, {"liste_of": {"siren": siret[:9], "ndas": []}})


def habilitation_sans_qualiopi(facts: Facts) -> Iterator[Finding]:
    """Active habilitation to train as a partner, an active NDA on the document, and no Qualiopi category true."""
    for siret in facts.partners_who_train():
        if siret not in facts.documents:
            continue
        declarations = active_ndas(facts.documents[siret])
        certified = False
        for one in declarations.values():
            qualiopi = one["certification_qualiopi"]
            assert isinstance(qualiopi, dict)
            certified = certified or any(qualiopi[category] for category in CATEGORIES)
        if declarations and not certified:
            yield facts.about_siret(siret, {"liste_of": {"ndas": sorted(declarations)}})


# --- UAI ------------------------------------------------------------------------------------------------------


def uai_invalide(facts: Facts) -> Iterator[Finding]:
    """Key letter wrong; for ONISEP, the validated `uai` only."""
    named: list[tuple[str, str, str]] = []
    for row in facts.snapshot.annuaire_education or []:
        named.append(("annuaire_education", row.uai, row.siret))
    for organisation in facts.snapshot.referentiel_onisep or []:
        named.append(("referentiel_onisep", organisation.uai, organisation.siret))
    sirets_of: dict[tuple[str, str], list[str]] = {}
    for source, uai, siret in named:
        if uai and not valid_uai(uai):
            sirets_of.setdefault((source, uai), []).append(siret)
    for (source, uai), sirets in sirets_of.items():
        usable = [siret for siret in sirets if valid_siret(siret)]
        siret_or_none = usable[0] if usable else None
        rows = [row for row in facts.of_rows() if usable and row.siret == usable[0]]
        finding = Finding(
            {"source": source, "uai": uai},
            {source: {"uai": uai, "sirets": sorted(set(sirets))}},
            siret=siret_or_none,
            uai=uai,
            source=source,
        )
        yield facts.place(finding, rows)


def uai_multiples(facts: Facts) -> Iterator[Finding]:
    """Several `OUVERT` directory UAIs for one document SIRET, primary schools left out."""
    for siret, rows in usable_directory_rows(facts.snapshot).items():
        opened = sorted({row.uai for row in rows if row.etat == "OUVERT" and row.type_etablissement != "Ecole"})
        if siret in facts.documents and len(opened) > 1:
            yield facts.about_siret(siret, {"annuaire_education": {"uais": opened}})


def uai_divergent(facts: Facts) -> Iterator[Finding]:
    """ONISEP's validated UAI is not among the directory's UAIs for that document SIRET, whatever their `etat`."""
    directory = usable_directory_rows(facts.snapshot)
    for siret, validated in onisep_uais(facts.snapshot).items():
        if siret not in facts.documents or siret not in directory:
            continue
        known = sorted({row.uai for row in directory[siret]})
        missing = sorted({uai for uai in validated if uai not in known})
        if missing:
            finding = facts.about_siret(
                siret, {"referentiel_onisep": {"uais": missing}, "annuaire_education": {"uais": known}}
            )
            finding.uai = missing[0]
            yield finding


def uai_etablissement_ferme(facts: Facts) -> Iterator[Finding]:
    """A document SIRET with an `OUVERT` directory UAI is closed in Sirene."""
    for siret, rows in usable_directory_rows(facts.snapshot).items():
        opened = sorted({row.uai for row in rows if row.etat == "OUVERT"})
        if siret in facts.documents and opened and facts.closed(siret):
            finding = facts.about_siret(
                siret, {"annuaire_education": {"uais": opened}, "sirene": facts.sirene_evidence(siret)}
            )
            finding.uai = opened[0]
            yield finding


# --- the catalogue --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A rule; of each group of `needs` the snapshot must hold at least one source, else the rule is not evaluated."""

    severite: str
    needs: tuple[tuple[str, ...], ...]
    findings: Callable[[Facts], Iterator[Finding]]


OF = ("liste_of",)
FICHES = ("rncp", "rs")
SIRENE = ("sirene",)
DIRECTORY = ("annuaire_education",)
ONISEP = ("referentiel_onisep",)

RULES: dict[str, Rule] = {
    "siret_invalide": Rule("majeure", (OF,), siret_invalide),
    "siren_incoherent": Rule("majeure", (OF,), siren_incoherent),
    "siret_inconnu": Rule("majeure", (OF, SIRENE), siret_inconnu),
    "etablissement_ferme": Rule("critique", (OF, SIRENE), etablissement_ferme),
    "nda_malforme": Rule("mineure", (OF,), nda_malforme),
    "nda_partage": Rule("majeure", (OF,), nda_partage),
    "plusieurs_nda": Rule("info", (OF,), plusieurs_nda),
    "declaration_perimee": Rule("mineure", (OF,), declaration_perimee),
    "date_incoherente": Rule("mineure", (OF,), date_incoherente),
    "specialite_inconnue": Rule("info", (OF,), specialite_inconnue),
    "region_incoherente": Rule("mineure", (OF, SIRENE), region_incoherente),
    "nda_sorti_de_liste": Rule("majeure", (OF,), nda_sorti_de_liste),
    "perte_qualiopi": Rule("critique", (OF,), perte_qualiopi),
    "perte_habilitation": Rule("majeure", (FICHES,), perte_habilitation),
    "habilitation_sur_fiche_inactive": Rule("info", (FICHES,), habilitation_sur_fiche_inactive),
    "fin_enregistrement_depassee": Rule("mineure", (FICHES,), fin_enregistrement_depassee),
    "certificateur_ferme": Rule("majeure", (FICHES, SIRENE), certificateur_ferme),
    "habilitation_sans_nda": Rule("mineure", (OF, FICHES), habilitation_sans_nda),
    "habilitation_sans_qualiopi": Rule("info", (OF, FICHES), habilitation_sans_qualiopi),
    "uai_invalide": Rule("mineure", (DIRECTORY + ONISEP,), uai_invalide),
    "uai_multiples": Rule("mineure", (DIRECTORY,), uai_multiples),
    "uai_divergent": Rule("majeure", (DIRECTORY, ONISEP), uai_divergent),
    "uai_etablissement_ferme": Rule("mineure", (DIRECTORY, SIRENE), uai_etablissement_ferme),
}


def evaluated(rule: Rule, snapshot: Snapshot) -> bool:
    """Whether the snapshot holds the sources that a rule needs."""
    return all(any(snapshot.holds(source) for source in group) for group in rule.needs)
