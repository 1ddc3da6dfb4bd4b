"""Communes, départements and regions: real ones, because the rules compare their codes."""

from dataclasses import dataclass

# Current region: {region before 2016: départements}. A declaration number keeps the region of its
# registration, old or current.
_REGIONS: dict[str, dict[str, str]] = {
    "11": {"11": "75 77 78 91 92 93 94 95"},
    "24": {"24": "18 28 36 37 41 45"},
    "27": {"26": "21 58 71 89", "43": "25 39 70 90"},
    "28": {"23": "27 76", "25": "14 50 61"},
    "32": {"22": "02 60 80", "31": "59 62"},
    "44": {"21": "08 10 51 52", "41": "54 55 57 88", "42": "67 68"},
    "52": {"52": "44 49 53 72 85"},
    "53": {"53": "22 29 35 56"},
    "75": {"54": "16 17 79 86", "72": "24 33 40 47 64", "74": "19 23 87"},
    "76": {"73": "09 12 31 32 46 65 81 82", "91": "11 30 34 48 66"},
    "84": {"82": "01 07 26 38 42 69 73 74", "83": "03 15 43 63"},
    "93": {"93": "04 05 06 13 83 84"},
    "94": {"94": "2A 2B"},
    "01": {"95": "971"},
    "02": {"97": "972"},
    "03": {"96": "973"},
    "04": {"98": "974"},
    "06": {"06": "976"},
}
REGION = {dep: region for region, old in _REGIONS.items() for deps in old.values() for dep in deps.split()}
FORMER_REGION = {dep: old for olds in _REGIONS.values() for old, deps in olds.items() for dep in deps.split()}


@dataclass(frozen=True)
class Commune:
    """A commune as the producers write it: INSEE code (text: 2A004, 01053), one postcode, name."""

    code: str
    postcode: str
    name: str

    @property
    def department(self) -> str:
        """Two characters, three overseas (971…)."""
        return self.code[:3] if self.code[:2] in ("97", "98") else self.code[:2]

    @property
    def region(self) -> str:
        """The current region's code; empty for overseas collectivities, where the OF list says 905 or nothing."""
        return REGION.get(self.department, "")

    @property
    def registration(self) -> str:
        """The region a declaration number starts with (05 for territories without a region)."""
        return self.region or "05"


COMMUNES: tuple[Commune, ...] = tuple(
    Commune(*line.split(" ", 2))
    for line in """\
75111 75011 PARIS
75113 75013 PARIS
69383 69003 LYON
13206 13006 MARSEILLE
31555 31000 TOULOUSE
06088 06000 NICE
44109 44000 NANTES
34172 34000 MONTPELLIER
67482 67000 STRASBOURG
33063 33000 BORDEAUX
59350 59000 LILLE
35238 35000 RENNES
51454 51100 REIMS
83137 83000 TOULON
42218 42000 SAINT-ETIENNE
76351 76600 LE HAVRE
38185 38000 GRENOBLE
21231 21000 DIJON
49007 49000 ANGERS
30189 30000 NIMES
63113 63000 CLERMONT-FERRAND
72181 72000 LE MANS
29019 29200 BREST
37261 37000 TOURS
80021 80000 AMIENS
87085 87000 LIMOGES
74010 74000 ANNECY
66136 66000 PERPIGNAN
57463 57000 METZ
25056 25000 BESANCON
45234 45000 ORLEANS
76540 76000 ROUEN
68224 68100 MULHOUSE
14118 14000 CAEN
54395 54000 NANCY
94028 94000 CRETEIL
93066 93200 SAINT-DENIS
92050 92000 NANTERRE
78646 78000 VERSAILLES
77288 77000 MELUN
91228 91000 EVRY-COURCOURONNES
01053 01000 BOURG-EN-BRESSE
86194 86000 POITIERS
17300 17000 LA ROCHELLE
64445 64000 PAU
84007 84000 AVIGNON
26362 26000 VALENCE
62041 62000 ARRAS
56260 56000 VANNES
85191 85000 LA ROCHE-SUR-YON
2A004 20000 AJACCIO
2B033 20200 BASTIA
97120 97110 POINTE-A-PITRE
97209 97200 FORT-DE-FRANCE
97302 97300 CAYENNE
97411 97400 SAINT-DENIS
97611 97600 MAMOUDZOU""".splitlines()
)
"""Every current region is present; Paris, Lyon and Marseille are arrondissements, as in Sirene."""

_BY_CODE = {commune.code: commune for commune in COMMUNES}
PARIS, LYON, LILLE, RENNES = (_BY_CODE[code] for code in ("75111", "69383", "59350", "35238"))
NANTES, BOURG, AJACCIO, BASTIA = (_BY_CODE[code] for code in ("44109", "01053", "2A004", "2B033"))
POINTE_A_PITRE, TOULOUSE = _BY_CODE["97120"], _BY_CODE["31555"]
SAINT_PIERRE = Commune("97502", "97500", "SAINT-PIERRE")
"""Saint-Pierre-et-Miquelon belongs to no region: the rules know none for it, and the OF list says 905."""
