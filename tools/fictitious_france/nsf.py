"""Some NSF specialities with the labels of the OF list, and two special codes."""

NSF: dict[str, str] = {
    "110": "Spécialités pluriscientifiques",
    "136": "Langues vivantes, civilisations étrangères et régionales",
    "221": "Agro-alimentaire, alimentation, cuisine",
    "310": "Spécialités plurivalentes des échanges et de la gestion",
    "312": "Commerce, vente",
    "313": "Finances, banque, assurances",
    "315": "Ressources humaines, gestion du personnel, gestion de l'emploi",
    "326": "Informatique, traitement de l'information, réseaux de transmission des données",
    "331": "Santé",
    "332": "Travail social",
    "333": "Enseignement, formation",
    "344": "Sécurité des biens et des personnes, police, surveillance",
    "413": "Développement des capacités comportementales et relationnelles",
    "415": "Développement des capacités d'orientation, d'insertion ou de réinsertion sociales",
    "340": "Spécialités plurivalentes des services à la collectivité",
    "999": "Autres...",
}
"""340 is in the older NSF list only and 999 in none; the OF list uses both, so both count as known."""

Speciality = tuple[str, str]


def speciality(code: str) -> Speciality:
    """The (code, label) pair; an unknown code gets a label of its own."""
    return code, NSF.get(code, f"Spécialité {code}")
