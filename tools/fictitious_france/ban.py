"""A fictitious geocoder: the answers of `POST …/search/csv/` for the communes of `geography.py`.

A street called INTROUVABLE scores 0.31. An address without a known postcode or commune is not found: its columns are empty
but for the status. Any other address is found in its commune with a score of 0.93; with 0.69 when the street is called VAGUE.
A second match follows in the same commune at 0.4; at 0.88 when the street is called DOUTEUSE.
`python -m tools.fictitious_france.ban 7878` serves it over HTTP for the demo.
"""

import argparse
import csv
import io
from collections.abc import Sequence
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.fictitious_france.geography import COMMUNES, Commune

RESULTS = (
    "longitude",
    "latitude",
    "result_score",
    "result_score_next",
    "result_label",
    "result_type",
    "result_id",
    "result_housenumber",
    "result_name",
    "result_street",
    "result_postcode",
    "result_city",
    "result_context",
    "result_citycode",
    "result_status",
)


def _found(address: str) -> Commune | None:
    """The commune of an address: by its postcode, else by its name."""
    words = address.upper()
    by_postcode = (commune for commune in COMMUNES if commune.postcode in words.split())
    by_name = (commune for commune in COMMUNES if f" {commune.name} " in f" {words} ")
    return next(by_postcode, None) or next(by_name, None)


def _result(address: str) -> dict[str, str]:
    commune = _found(address)
    if commune is None:
        return {"result_status": "not-found"}
    lost, city = "INTROUVABLE" in address.upper(), commune.name.title()
    street = address.strip().partition(f" {commune.postcode}")[0].removesuffix(f" {commune.name}").strip()
    number, _, name = street.partition(" ")
    return {
        "longitude": "2.323558",
        "latitude": "48.751140",
        "result_score": "0.31" if lost else "0.69" if "VAGUE" in address.upper() else "0.93",
        "result_score_next": "0.3" if lost else "0.88" if "DOUTEUSE" in address.upper() else "0.4",
        "result_label": f"{address.strip()}, {city}",
        "result_type": "street" if lost else "housenumber",
        "result_id": f"{commune.code}_0001" if lost else f"{commune.code}_0001_{number.zfill(5)}",
        "result_housenumber": "" if lost else number,
        "result_name": street,
        "result_street": street if lost else name,
        "result_postcode": commune.postcode,
        "result_city": city,
        "result_context": f"{commune.code[:2]}, {city}",
        "result_citycode": commune.code,
        "result_status": "ok",
    }


def search_csv(content: bytes, columns: Sequence[str] = ()) -> bytes:
    """Append the results to each row; `columns` form the address (all columns by default); the delimiter is guessed."""
    text = content.decode("utf-8-sig")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    header, *rows = list(csv.reader(io.StringIO(text), delimiter=delimiter)) or [[]]
    ranks = [header.index(name) for name in columns if name in header] or list(range(len(header)))
    found = io.StringIO()
    writer = csv.writer(found, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([*header, *RESULTS])
    for row in rows:
        result = _result(" ".join(row[rank] for rank in ranks))
        writer.writerow([*row, *(result.get(name, "") for name in RESULTS)])
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
