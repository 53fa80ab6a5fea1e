"""What WARC fields and the index say of an exchange."""

from linkkeeper.archive import request_key
from linkkeeper.archive.message import ChunkedDecoder, header_value, is_chunked
from linkkeeper.archive.warc import open_body
from linkkeeper.vocabulary.capture import Exchange

#: WARC-Cipher-Suite wants IANA's names; OpenSSL has its own for TLS 1.2.
_CIPHERS = {
    f"ECDHE-{auth}-{name}": f"TLS_ECDHE_{auth}_WITH_{iana}"
    for auth in ("RSA", "ECDSA")
    for name, iana in {
        "AES128-GCM-SHA256": "AES_128_GCM_SHA256",
        "AES256-GCM-SHA384": "AES_256_GCM_SHA384",
        "CHACHA20-POLY1305": "CHACHA20_POLY1305_SHA256",
        "AES128-SHA256": "AES_128_CBC_SHA256",
        "AES256-SHA384": "AES_256_CBC_SHA384",
        "AES128-SHA": "AES_128_CBC_SHA",
        "AES256-SHA": "AES_256_CBC_SHA",
    }.items()
}


def protocols(exchange: Exchange) -> list[str]:
    """The values of WARC-Protocol, one header line each (IIPC proposal 42)."""
    names = ["http/1.1" if exchange.protocol == "websocket" else exchange.protocol]
    if exchange.tls_version:
        names.append("tls/" + exchange.tls_version.removeprefix("TLSv"))
    return names


def iana_cipher(name: str | None) -> str | None:
    if not name:
        return None
    return name if name.startswith("TLS_") else _CIPHERS.get(name)


def request_key_of(exchange: Exchange) -> tuple[str, str, str | None]:
    """Method, suffix of the index key, and the body as a query."""
    method = exchange.request_head.split(b" ", 1)[0].decode("latin-1").upper() or "GET"
    if method == "GET":
        return method, "", None
    body = b""
    if exchange.request_body.length <= request_key.MAX_BODY_BYTES:
        with open_body(exchange.request_body) as stream:
            body = stream.read()
    if is_chunked(exchange.request_head):
        body = ChunkedDecoder().feed(body)
    media_type = header_value(exchange.request_head, "Content-Type")
    suffix = request_key.request_suffix(method=method, url=exchange.url, media_type=media_type, body=body)
    return method, suffix, request_key.request_query(media_type=media_type, body=body)
