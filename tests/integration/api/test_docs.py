"""The page at /docs: everything it loads is ours, whatever it is published under, and its policy lets nothing else in.

What these tests cannot see was looked at in Chromium 150 with Swagger UI 5.31.0: under this policy the page, its forms and
a call of its own raise no violation.
"""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from tools.in_process.lookup import Service

ADDRESSES = ["/docs", "/docs/"]


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.language: str | None = None
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.loads.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(name)
            if (tag, name) == ("html", "lang"):
                self.language = value

    def handle_data(self, data: str) -> None:
        if self._open[-1:] in (["script"], ["style"]) and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass


def page(address: str) -> Page:
    return Page(Service().call("/docs", address=address).body)


def test_the_parser_sees_what_is_inline() -> None:
    assert Page("<p style='x' onclick='y'><script>z()</script>").inline == ["style", "onclick", "z()"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("stage", ["", "/api", "/prefixe/v1"])
def test_all_that_it_loads_is_served_by_us(address: str, stage: str) -> None:
    found = page(address)
    assert found.language == "fr"
    assert not found.inline
    for link in found.loads:
        if link == "data:,":
            continue
        assert not urlsplit(link).scheme
        assert not link.startswith("/")
        path = urljoin(f"https://exemple.fr{stage}{address}", link).removeprefix(f"https://exemple.fr{stage}")
        assert re.fullmatch(r"/docs/[a-z.-]+", path)
        answer = Service().call("/docs/{fichier}", fichier=path.rpartition("/")[2])
        assert answer.status == 200
        kind = "text/css" if path.endswith(".css") else "text/javascript"
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"


def test_its_style_sheet_loads_nothing() -> None:
    sheet = Service().call("/docs/{fichier}", fichier="swagger-ui.css").body
    assert "@import" not in sheet
    targets = re.findall(r"url\(\s*[\"']?([a-zA-Z]*:?)", sheet)
    assert targets
    assert set(targets) == {"data:"}


def test_the_policy_is_strict() -> None:
    header = Service().call("/docs").headers["Content-Security-Policy"]
    policy = {name: set(values) for name, *values in (part.split() for part in header.split(";"))}
    assert (
        policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == {"'none'"}
    )
    for name in ("script-src", "style-src", "connect-src"):
        assert policy[name] == {"'self'"}, name
    assert policy["img-src"] == {"'self'", "data:"}
    assert "unsafe" not in header
