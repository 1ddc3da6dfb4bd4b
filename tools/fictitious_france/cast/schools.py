"""UAI codes and the perimeter: the directory of schools, ONISEP's référentiel, and the establishments outside it."""

from tools.fictitious_france import identifiers
from tools.fictitious_france.cast.case import case
from tools.fictitious_france.geography import BOURG, RENNES
from tools.fictitious_france.stage import Body, Stage


@case(110, "Un seul UAI, dans l'annuaire seulement", "code_uai", commune=BOURG)
def directory_only(stage: Stage, body: Body) -> None:
    """The simple case, with a UAI that starts with zeros."""
    stage.both(body)
    stage.school(body)


@case(112, "« A FERMER » au plus petit UAI, « OUVERT » au suivant : l'ouvert", "code_uai")
def closing_and_open(stage: Stage, body: Body) -> None:
    """Open first, then the smallest; only one is open, so `uai_multiples` does not apply."""
    stage.both(body)
    stage.school(body, 0, state="A FERMER")
    stage.school(body, 1)


@case(113, "UAI validé par l'ONISEP, connu de l'annuaire comme « A FERMER »", "code_uai", "uai_divergent")
def validated_though_closing(stage: Stage, body: Body) -> None:
    """ONISEP's UAI wins; the directory has it too, so nothing diverges."""
    stage.both(body)
    stage.school(body, 0)
    stage.school(body, 1, state="A FERMER")
    stage.onisep(body, body.uai(1))


@case(114, "ONISEP sans UAI validé mais avec des potentiels : l'annuaire", "code_uai")
def candidates_only(stage: Stage, body: Body) -> None:
    """UAIs that nobody validated do not count."""
    stage.both(body)
    stage.school(body)
    stage.onisep(body, None, candidates=(body.uai(5), body.uai(6)))


@case(115, "UAI de l'ONISEP dont la clé est fausse : ignoré, l'annuaire", "code_uai", "uai_invalide")
def validated_with_a_wrong_key(stage: Stage, body: Body) -> None:
    """It is reported, and neither used nor divergent."""
    stage.both(body)
    stage.school(body)
    stage.onisep(body, identifiers.uai_wrong_key(body.uai()))


@case(116, "SIREN_SIRET passé par un tableur : notation scientifique", "code_uai")
def spreadsheet_siret(stage: Stage, body: Body) -> None:
    """The row matches no SIRET; the next two have a wrong SIRET and none."""
    stage.both(body)
    stage.school(body, siret=f"{body.siret()[0]},{body.siret()[1:6]}E+13")
    stage.school(body, 1, siret=identifiers.wrong_key(body.siret()))
    stage.school(body, 2, siret="")


@case(117, "Organisme de l'ONISEP au SIRET faux : ignoré", "code_uai")
def validated_for_a_wrong_siret(stage: Stage, body: Body) -> None:
    """The document gets no UAI."""
    stage.both(body)
    stage.onisep(body, body.uai(), siret=identifiers.wrong_key(body.siret()))


@case(118, "Hors contrat des jours 3 à 5 seulement : exclu, puis de retour", "perimeter", "tombstone")
def out_of_contract_for_a_while(stage: Stage, body: Body) -> None:
    """Declared throughout, so look-ups answer 404 with the reason for three days."""
    stage.both(body)
    stage.school(body, contract="HORS CONTRAT" if stage.number in (3, 4, 5) else "CONTRAT D'ASSOCIATION TOUTES CLASSES")


@case(119, "Lycée agricole : exclu", "perimeter", commune=RENNES)
def agricultural_school(stage: Stage, body: Body) -> None:
    """Its second establishment is no school and keeps its document by propagation."""
    stage.both(body)
    stage.sirene(body, 2)
    stage.school(body, agricultural="1")


@case(120, "Deux lignes d'annuaire, dont une seule hors contrat et « A FERMER » : exclu", "perimeter")
def one_mark_is_enough(stage: Stage, body: Body) -> None:
    """Any marked row that names the SIRET excludes it, even with blanks around the mark."""
    stage.both(body)
    stage.school(body, 0)
    stage.school(body, 1, contract=" HORS CONTRAT ", state="A FERMER")


@case(
    121,
    "Établissement exclu et fermé : pas de document, mais l'anomalie vaut",
    "perimeter",
    "etablissement_ferme",
)
def excluded_and_closed(stage: Stage, body: Body) -> None:
    """The perimeter does not affect the rules on the OF list; without a document, its open UAI is not reported."""
    stage.of(body)
    stage.sirene(body, state="F", since="2025-08-31")
    stage.school(body, contract="HORS CONTRAT")


@case(122, "Espaces autour de l'UAI, du SIRET et de l'état", "trim", "code_uai")
def blanks_in_the_directory(stage: Stage, body: Body) -> None:
    """It has the same meaning as a clean row."""
    stage.both(body)
    stage.school(body, uai=f" {body.uai()} ", siret=f"{body.siret()} ", state=" OUVERT")
