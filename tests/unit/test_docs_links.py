"""The docs point at what exists: links and their anchors, the files that the README names, the answers that it shows."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tools.local_stack.emulator import ROOT

LIBRARY = ROOT / "layers" / "quiforme" / "python" / "quiforme"
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CHANGELOG.md",
    ROOT / "layers" / "anomalies" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED = re.compile(r"`([\w.*<>-]+(?:/[\w.*<>-]*)+)`")


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    kept = ("".join(c for c in title.lower() if c in "-_ " or unicodedata.category(c)[0] in "LN") for title in titles)
    return {title.replace(" ", "-") for title in kept}


def broken_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    broken = []
    for link in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def missing_files(text: str) -> list[str]:
    """The files and folders that a text names in backticks, with a slash, and that are nowhere."""
    named = [name for name in _NAMED.findall(text) if "<" not in name and not name.startswith((".local/", "/"))]
    return [name for name in named if not any([*ROOT.glob(name), *LIBRARY.glob(name)])]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Où l'on va\n[a](#où-lon-va) [b](#ailleurs) [c](page.md) [d](autre.md) [e](https://x.example/)\n")
    assert broken_links(page) == ["#ailleurs", "autre.md"]


def test_the_files_that_the_readme_names_exist() -> None:
    assert missing_files(prose(README)) == []


def test_a_missing_file_is_found() -> None:
    assert missing_files("`api/routes.py` `pipeline/documents/*.sql` `sources/<name>.py` `api/no.py`") == ["api/no.py"]


def test_the_readme_shows_real_answers() -> None:
    """What it shows is in the examples of the API's description, which are answers of the look-up's handler."""
    text = README.read_text(encoding="utf-8")
    description = (LIBRARY / "api" / "openapi.json").read_text(encoding="utf-8")
    shown = json.loads(re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[0])
    assert any(includes(one, shown) for one in values(json.loads(description)))
    (message,) = (
        "".join(quote).replace("\n> ", " ").strip("> \n") for quote in re.findall(r"(?:^> .*\n)+", text, re.MULTILINE)
    )
    assert message in description


def values(part: Any) -> list[Any]:
    """A JSON value and every value within it."""
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [part, *(value for one in inside for value in values(one))]


def includes(whole: Any, part: Any) -> bool:
    """Whether a JSON value holds another one: fields may be left out of objects, and elements at the end of lists."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and includes(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) >= len(part) and all(map(includes, whole, part))
    return bool(whole == part)
