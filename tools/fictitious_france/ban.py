"""A fictitious geocoder: the answers of `POST …/search/csv/` for the communes of `geography.py`.

A street called INTROUVABLE scores 0.31. An address without a known postcode or commune gets empty columns. Any other
address is found in its commune with a score of 0.93. `python -m tools.fictitious_france.ban 7878` serves it over HTTP for the
demo.
"""

import argparse
import csv
import io
from collections.abc import Sequence
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.fictitious_france.geography import COMMUNES, Commune

RESULTS = ("latitude", "longitude", "result_label", "result_score", "result_type", "result_citycode")


def _found(address: str) -> Commune | None:
    """The commune of an address: by its postcode, else by its name."""
    words = address.upper()
    by_postcode = (commune for commune in COMMUNES if commune.postcode in words.split())
    by_name = (commune for commune in COMMUNES if f" {commune.name} " in f" {words} ")
    return next(by_postcode, None) or next(by_name, None)


def _result(address: str) -> tuple[str, ...]:
    commune = _found(address)
    if commune is None:
        return ("",) * len(RESULTS)
    lost = "INTROUVABLE" in address.upper()
    label = f"{address.strip()}, {commune.name.title()}"
    return "48.751140", "2.323558", label, "0.31" if lost else "0.93", "street" if lost else "housenumber", commune.code


def search_csv(content: bytes, columns: Sequence[str] = ()) -> bytes:
    """Append the results to each row; `columns` form the address (all columns by default); the delimiter is guessed."""
    text = content.decode("utf-8-sig")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    header, *rows = list(csv.reader(io.StringIO(text), delimiter=delimiter)) or [[]]
    ranks = [header.index(name) for name in columns if name in header] or list(range(len(header)))
    found = io.StringIO()
    writer = csv.writer(found, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([*header, *RESULTS])
    writer.writerows([*row, *_result(" ".join(row[rank] for rank in ranks))] for row in rows)
    return found.getvalue().encode()


def answer(content_type: str, body: bytes) -> bytes:
    """The answer to a multipart form: the file is `data`; `columns`, `postcode`, `city` name columns of the address."""
    parts = list(
        BytesParser(policy=default).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body).iter_parts()
    )
    fields = [(part.get_param("name", header="content-disposition"), part.get_payload(decode=True)) for part in parts]
    data = next((value for name, value in fields if name == "data" and isinstance(value, bytes)), b"")
    named = ("columns", "postcode", "city")
    return search_csv(data, [value.decode() for name, value in fields if name in named and isinstance(value, bytes)])


class _Service(BaseHTTPRequestHandler):
    """`POST /search/csv/`."""

    def do_POST(self) -> None:
        found = answer(self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)


def main() -> None:
    """Serve on 127.0.0.1 until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.fictitious_france.ban", description="Serve a fictitious geocoder."
    )
    parser.add_argument("port", type=int)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), _Service).serve_forever()


if __name__ == "__main__":
    main()
