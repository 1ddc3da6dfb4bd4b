"""The HTTP client against a server that misbehaves."""

import gzip
import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from quiforme.fetching import connections
from quiforme.fetching.connections import checked, shown
from quiforme.fetching.http import Download, Field, Http
from quiforme.snapshot.ports import Unfetchable

from tests.integration.fetching.conftest import Time
from tests.integration.fetching.server import Act, Request, Server, Wire, gzipped, redirect, reply, unless_known

BODY = b"siren;siret\n" * 20_000
LIMIT = 1_000_000
MODIFIED = "Wed, 26 Aug 2026 01:12:00 GMT"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "liste_of.file"


def fetch(http: Http, url: str, target: Path, known: str | None = None) -> Download:
    return http.download(url, target, known=known, limit_bytes=LIMIT)


def refused(http: Http, url: str, target: Path) -> str:
    """Why a download fails; it leaves no file."""
    with pytest.raises(Unfetchable) as refusal:
        fetch(http, url, target)
    assert not target.exists()
    return str(refusal.value).removeprefix(url).removeprefix(": ")


def half(request: Request, wire: Wire) -> None:
    wire.head(200, {"Content-Length": str(len(BODY))})
    wire.write(BODY[: len(BODY) // 2])


def half_chunked(request: Request, wire: Wire) -> None:
    wire.head(200, {"Transfer-Encoding": "chunked"})
    wire.write(b"%x\r\n%b" % (len(BODY), BODY[:100]))


def nothing_at_all(request: Request, wire: Wire) -> None:
    pass


def no_http(request: Request, wire: Wire) -> None:
    wire.write(b"SSH-2.0-OpenSSH_9.2\r\n")


def gzip_cut(request: Request, wire: Wire) -> None:
    reply(200, gzip.compress(BODY)[:-20], Content_Encoding="gzip")(request, wire)


# Retries


@pytest.mark.parametrize(
    "failure",
    [*(reply(status) for status in (429, 500, 502, 503, 504)), half, half_chunked, nothing_at_all, no_http, gzip_cut],
)
def test_a_transient_failure_is_retried(server: Server, http: Http, time: Time, target: Path, failure: Act) -> None:
    fetch(http, server.on("/f.csv", failure, failure, reply(200, BODY)), target)
    assert target.read_bytes() == BODY
    assert len(time.pauses) == 2


def test_the_pauses_grow_and_are_jittered(server: Server, http: Http, time: Time, target: Path) -> None:
    refused(http, server.on("/f.csv", reply(500)), target)
    for pause, least in zip(time.pauses, (1, 2, 4, 8), strict=True):
        assert least <= pause <= least + 1
    assert sum(time.pauses) % 1 != 0


def test_five_failures_are_an_error(server: Server, http: Http, target: Path) -> None:
    assert refused(http, server.on("/f.csv", reply(500)), target) == "it answers 500, 5 times over"
    assert len(server.requests) == 5


def test_a_truncated_body_is_an_error(server: Server, http: Http, target: Path) -> None:
    assert "breaks off" in refused(http, server.on("/f.csv", half), target)


def test_a_refused_connection_is_an_error(http: Http, target: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed:
        port = closed.getsockname()[1]
    assert "takes no connection" in refused(http, f"http://127.0.0.1:{port}/f.csv", target)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_permanent_failure_is_not_retried(server: Server, http: Http, target: Path, status: int) -> None:
    assert refused(http, server.on("/f.csv", reply(status)), target) == f"it answers {status}"
    assert len(server.requests) == 1


# Retry-After


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_is_respected(server: Server, http: Http, time: Time, target: Path, status: int) -> None:
    fetch(http, server.on("/f.csv", reply(status, Retry_After="17"), reply(200, BODY)), target)
    assert time.pauses == [17.0]


def test_retry_after_as_a_date_is_respected(server: Server, http: Http, time: Time, target: Path) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    fetch(http, server.on("/f.csv", reply(503, Retry_After=until), reply(200, BODY)), target)
    [pause] = time.pauses
    assert 30 < pause <= 40


@pytest.mark.parametrize("said", ["soon", "-5", "1e3", "Mon, 01 Jan 10000 00:00:00 GMT", "9" * 5_000])
def test_a_malformed_retry_after_is_ignored(server: Server, http: Http, time: Time, target: Path, said: str) -> None:
    fetch(http, server.on("/f.csv", reply(503, Retry_After=said), reply(200, BODY)), target)
    [pause] = time.pauses
    assert 1 <= pause <= 2


def test_a_retry_after_beyond_the_budget_is_an_error_at_once(
    server: Server, http: Http, time: Time, target: Path
) -> None:
    said = refused(http, server.on("/f.csv", reply(503, Retry_After="3600"), reply(200, BODY)), target)
    assert "asks to come back in 3600 s" in said
    assert "put off to the next run" in said
    assert time.pauses == []
    assert len(server.requests) == 1


# Budgets


def test_all_requests_share_the_budget_of_the_run(server: Server, time: Time, target: Path) -> None:
    http = time.client(budget_s=100)
    waits = reply(503, Retry_After="45")
    fetch(http, server.on("/a.csv", waits, reply(200, BODY)), target)
    fetch(http, server.on("/b.csv", waits, reply(200, BODY)), target)
    assert "put off" in refused(http, server.on("/c.csv", waits, reply(200, BODY)), target)
    time.sleep(100)
    assert "used up" in refused(http, server.on("/d.csv", reply(200, BODY)), target)


def test_each_request_has_its_own_budget(server: Server, time: Time, target: Path) -> None:
    http = time.client(budget_s=900, request_budget_s=10)
    assert "put off" in refused(http, server.on("/a.csv", reply(503, Retry_After="11")), target)
    fetch(http, server.on("/b.csv", reply(200, BODY)), target)


def drips_headers(request: Request, wire: Wire) -> None:
    wire.write(b"HTTP/1.1 200 OK\r\n")
    wire.drip(b"X")


def drips_body(request: Request, wire: Wire) -> None:
    wire.head(200, {"Content-Length": "100000"})
    wire.drip(b"x")


def drips_without_end(request: Request, wire: Wire) -> None:
    wire.head(200, {})
    wire.drip(b"x")


@pytest.mark.parametrize("drips", [drips_headers, drips_body, drips_without_end])
def test_a_dripping_response_is_cut_at_the_deadline(server: Server, time: Time, target: Path, drips: Act) -> None:
    http = time.client(request_budget_s=0.2)
    assert "too slow" in refused(http, server.on("/f.csv", drips), target)


def test_a_silent_server_times_out_and_is_retried(
    server: Server, http: Http, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_SILENCE_S", 0.05)
    fetch(http, server.on("/f.csv", lambda _, wire: wire.wait(), reply(200, BODY)), target)
    assert target.read_bytes() == BODY


# Bodies


def test_a_file_is_downloaded(server: Server, http: Http, target: Path) -> None:
    fetch(http, server.on("/f.csv", reply(200, BODY)), target)
    assert target.read_bytes() == BODY
    assert server.requests[0].headers["user-agent"].startswith("Quiforme")


def test_gzip_is_decoded(server: Server, http: Http, target: Path) -> None:
    fetch(http, server.on("/f.csv", gzipped(BODY)), target)
    assert target.read_bytes() == BODY


def test_gzip_may_have_several_members(server: Server, http: Http, target: Path) -> None:
    packed = gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])
    fetch(http, server.on("/f.csv", reply(200, packed, Content_Encoding="gzip")), target)
    assert target.read_bytes() == BODY


def test_damaged_gzip_is_an_error(server: Server, http: Http, target: Path) -> None:
    damaged = bytearray(gzip.compress(BODY))
    damaged[0] ^= 0xFF
    said = refused(http, server.on("/f.csv", reply(200, bytes(damaged), Content_Encoding="gzip")), target)
    assert "gzip is damaged" in said


def test_a_gzip_bomb_stops_at_the_limit(server: Server, http: Http, target: Path) -> None:
    assert "longer than 1,000,000 bytes" in refused(http, server.on("/f.csv", gzipped(bytes(50_000_000))), target)


def test_an_empty_body_may_be_declared_gzip(server: Server, http: Http) -> None:
    assert http.get(server.on("/f", reply(404, b"", Content_Encoding="gzip")), limit_bytes=9).body == b""


def test_another_encoding_is_refused(server: Server, http: Http, target: Path) -> None:
    assert "'br'" in refused(http, server.on("/f.csv", reply(200, BODY, Content_Encoding="br")), target)


def test_an_announced_length_above_the_limit_is_refused_before_the_body(
    server: Server, http: Http, target: Path
) -> None:
    def announces(request: Request, wire: Wire) -> None:
        wire.head(200, {"Content-Length": "1000001"})
        wire.wait()

    assert "longer than 1,000,000 bytes" in refused(http, server.on("/f.csv", announces), target)


def test_a_body_above_the_limit_is_refused_while_it_comes(server: Server, http: Http, target: Path) -> None:
    unannounced = reply(200, bytes(1_000_001), Content_Length="")
    assert "longer than 1,000,000 bytes" in refused(http, server.on("/f.csv", unannounced), target)
    fetch(http, server.on("/f.csv", reply(200, bytes(1_000_000), Content_Length="")), target)


@pytest.mark.parametrize(
    "page",
    [
        reply(200, b"Service en maintenance", Content_Type="text/html; charset=utf-8"),
        reply(200, b"<!DOCTYPE html><p>Maintenance"),
        reply(200, b"\xef\xbb\xbf\r\n  <html lang='fr'>", Content_Type="text/csv"),
        reply(200, b"<!-- portail -->\n<HTML>", Content_Type="application/zip"),
        reply(200, b'<?xml version="1.0"?>\n<!DOCTYPE html>', Content_Type="application/octet-stream"),
        gzipped(b"<!doctype html>"),
    ],
)
def test_an_html_page_is_refused(server: Server, http: Http, target: Path, page: Act) -> None:
    assert "HTML page" in refused(http, server.on("/f.csv", page), target)


def test_xml_and_columns_named_html_are_no_html_pages(server: Server, http: Http, target: Path) -> None:
    for body in (b'<?xml version="1.0"?><FICHES/>', b"html;head\n<html>;1\n", b"<htmlisant/>"):
        fetch(http, server.on("/f.csv", reply(200, body)), target)
        assert target.read_bytes() == body


def test_an_empty_file_is_refused(server: Server, http: Http, target: Path) -> None:
    assert "empty" in refused(http, server.on("/f.csv", reply(200, b"")), target)


# Redirects


def test_redirects_are_followed(server: Server, http: Http, target: Path) -> None:
    server.on("/b", redirect(server.url + "/c/liste.csv", 307))
    server.on("/c/liste.csv", reply(200, BODY))
    download = fetch(http, server.on("/a", redirect("b", 301)), target)
    assert target.read_bytes() == BODY
    assert download.url == server.url + "/c/liste.csv"


def test_six_redirects_are_too_many(server: Server, http: Http, target: Path) -> None:
    server.on("/b", redirect("/a"))
    assert "more than 5 redirects" in refused(http, server.on("/a", redirect("/b")), target)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "elsewhere", ["http://example.org/f.csv", "//example.org/f.csv", "ftp://127.0.0.1/f.csv", "file:///etc/passwd"]
)
def test_a_redirect_out_of_https_is_refused(server: Server, http: Http, target: Path, elsewhere: str) -> None:
    said = refused(http, server.on("/f.csv", redirect(elsewhere)), target)
    assert "is not https" in said or "is not an address" in said


def test_a_redirect_without_location_is_refused(server: Server, http: Http, target: Path) -> None:
    assert "nowhere" in refused(http, server.on("/f.csv", reply(302)), target)


def test_keys_are_not_sent_to_another_host(server: Server, http: Http) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    server.on("/b", redirect(other + "/c"))
    server.on("/c", reply(200, b"{}"))
    http.get(server.on("/a", redirect("/b")), headers={"X-Key": "secret", "Accept": "application/json"}, limit_bytes=10)
    assert [request.headers.get("x-key") for request in server.requests] == ["secret", "secret", None]
    assert {request.headers["accept"] for request in server.requests} == {"application/json"}


@pytest.mark.parametrize(
    "address",
    [
        "http://www.data.gouv.fr/f.csv",
        "http://127.0.0.1.example.org/f.csv",
        "http://localhost.example.org/f.csv",
        "http://10.0.0.1/f.csv",
        "https://user:password@example.org/f.csv",
        "https:///f.csv",
        "s3://bucket/drop/",
        "www.data.gouv.fr/f.csv",
        "https://example.org:port/",
        "",
    ],
)
def test_an_address_that_is_not_https_is_refused(http: Http, time: Time, target: Path, address: str) -> None:
    said = refused(http, address, target)
    assert "is not " in said or "cannot be read" in said
    assert "password" not in said
    assert time.pauses == []  # it was not even tried


@pytest.mark.parametrize(
    "address", ["https://example.org", "http://127.0.0.2:8", "http://[::1]:8/", "http://localhost"]
)
def test_https_and_this_machine_are_allowed(address: str) -> None:
    assert checked(address)


def test_error_messages_contain_no_key(server: Server, http: Http, target: Path) -> None:
    assert shown("https://user:pw@host.fr:8443/a/b?key=secret#x") == "https://host.fr:8443/a/b"
    server.on("/signed", reply(500))
    with pytest.raises(Unfetchable) as refusal:
        fetch(http, server.on("/f.csv", redirect("/signed?signature=secret")) + "?key=secret", target)
    assert "secret" not in str(refusal.value)


# Conditional requests


@pytest.mark.parametrize(
    ("validators", "tag"),
    [
        ({"ETag": '"abc"', "Last_Modified": MODIFIED}, '"abc"'),
        ({"ETag": 'W/"abc"'}, 'W/"abc"'),
        ({"ETag": "bare", "Last_Modified": MODIFIED}, MODIFIED),
        ({"Last_Modified": "yesterday"}, f"sha256:{hashlib.sha256(BODY).hexdigest()}"),
        ({}, f"sha256:{hashlib.sha256(BODY).hexdigest()}"),
    ],
)
def test_a_known_version_is_recognised_by_its_tag(
    server: Server, http: Http, target: Path, validators: dict[str, str], tag: str
) -> None:
    url = server.on("/f.csv", unless_known(BODY, **validators))
    first = fetch(http, url, target)
    assert (first.tag, first.fetched) == (tag, True)
    target.unlink()
    second = fetch(http, url, target, known=tag)
    assert (second.tag, second.fetched) == (tag, False)
    assert not target.exists()


def test_a_known_tag_makes_the_request_conditional(server: Server, http: Http, target: Path) -> None:
    url = server.on("/f.csv", unless_known(BODY, ETag='"abc"'))
    fetch(http, url, target, known='"abc"')
    assert server.requests[0].headers["if-none-match"] == '"abc"'
    fetch(http, url, target, known=MODIFIED)
    assert server.requests[1].headers["if-modified-since"] == MODIFIED
    assert "if-none-match" not in server.requests[1].headers


def test_a_server_that_ignores_conditions_gives_the_same_tag(server: Server, http: Http, target: Path) -> None:
    download = fetch(http, server.on("/f.csv", reply(200, BODY, ETag='"abc"')), target, known='"abc"')
    assert not download.fetched
    assert not target.exists()


def test_a_304_to_an_unconditional_request_is_an_error(server: Server, http: Http, target: Path) -> None:
    assert "304" in refused(http, server.on("/f.csv", reply(304, Content_Length="")), target)


# Small answers


def test_get_returns_a_4xx_to_the_caller(server: Server, http: Http) -> None:
    answer = http.get(server.on("/siret", reply(404, b'{"header":{}}', X_Count="3")), limit_bytes=100)
    assert (answer.status, answer.body, answer.headers["x-count"]) == (404, b'{"header":{}}', "3")


def test_get_has_a_limit_and_refuses_html(server: Server, http: Http) -> None:
    with pytest.raises(Unfetchable, match="longer than 5 bytes"):
        http.get(server.on("/a", reply(200, b"123456")), limit_bytes=5)
    with pytest.raises(Unfetchable, match="HTML page"):
        http.get(server.on("/b", reply(200, b"<html>")), limit_bytes=100)


def test_a_form_is_posted_again_after_a_failure_and_a_307(server: Server, http: Http) -> None:
    answer = http.post(
        server.on("/siret", reply(429), redirect("/v3", 307)),
        fields={"q": "siren:1 OR é", "curseur": "*"},
        limit_bytes=9,
    )
    assert answer.status == 404
    assert [request.path for request in server.requests] == ["/siret", "/siret", "/v3"]
    assert {request.body for request in server.requests} == {b"q=siren%3A1+OR+%C3%A9&curseur=%2A"}
    assert server.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_form_with_a_file_is_multipart(server: Server, http: Http) -> None:
    fields: dict[str, Field] = {"columns": "voie", "data": ("a.csv", b"voie\nrue", "text/csv")}
    http.post(server.on("/search/csv/", reply(200, b"ok")), fields=fields, limit_bytes=9)
    [request] = server.requests
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="data"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\nvoie\nrue\r\n' in request.body


def test_a_form_is_not_redirected_as_a_get(server: Server, http: Http) -> None:
    with pytest.raises(Unfetchable, match="redirects a form with 302"):
        http.post(server.on("/siret", redirect("/elsewhere")), fields={}, limit_bytes=9)


# TLS


@dataclass(frozen=True)
class TlsServer:
    """A TLS server that redirects every request to plain http, and its self-signed certificate."""

    url: str
    certificate: Path


@pytest.fixture
def secure(tmp_path: Path, server: Server) -> Iterator[TlsServer]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    public, private = tmp_path / "public.pem", tmp_path / "private.pem"
    public.write_bytes(certificate.public_bytes(pem))
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    listener = socket.create_server(("127.0.0.1", 0))
    elsewhere = f"HTTP/1.1 302 Found\r\nLocation: {server.on('/plain', reply(200, BODY))}\r\nContent-Length: 0\r\n\r\n"

    def redirect_every_client() -> None:
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            with closing(accepted), suppress(OSError), context.wrap_socket(accepted, server_side=True) as wrapped:
                wrapped.recv(10_000)
                wrapped.sendall(elsewhere.encode())

    thread = threading.Thread(target=redirect_every_client, daemon=True)
    thread.start()
    yield TlsServer(f"https://localhost:{listener.getsockname()[1]}/f.csv", public)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_an_untrusted_certificate_is_refused(secure: TlsServer, http: Http, target: Path) -> None:
    assert refused(http, secure.url, target) == "no secure connection can be made, 5 times over"


def test_https_does_not_redirect_to_http_even_on_this_machine(
    secure: TlsServer, server: Server, http: Http, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.certificate))
    assert refused(http, secure.url, target) == "it redirects out of https"
    assert server.requests == []


def test_an_endless_handshake_is_cut_at_the_deadline(time: Time, target: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}/f.csv"
        assert "too slow" in refused(time.client(request_budget_s=0.2), url, target)
