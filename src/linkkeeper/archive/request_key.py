"""
Index keys of requests that are not GET: method and body as query parameters.

Replay tools look a POST up by this key, so it must be what they compute.

Source: "Request Body Canonicalization" (Webrecorder recommendation), with
the two points where every tool in use differs from its text: a form body is
appended as its own pairs, and so is a multipart body.
"""

import base64
import email.parser
import email.policy
import json
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlencode

#: What replay tools keep of a body.
MAX_QUERY_CHARACTERS = 4096
#: Larger request bodies are not read into memory for a key.
MAX_BODY_BYTES = 1 << 20


def request_suffix(*, method: str, url: str, media_type: str | None, body: bytes) -> str:
    """
    Return what is appended to *url* before its key is made; empty for GET.

    Args:
        media_type: Content-Type of the request as sent, parameters included.
        body: Payload of the request, without transfer framing.
    """
    if method == "GET":
        return ""
    query = request_query(media_type=media_type, body=body) if method in ("POST", "PUT", "PATCH") else ""
    joint = "&" if "?" in url else "?"
    return f"{joint}__wb_method={method}" + (f"&{query}" if query else "")


def request_query(*, media_type: str | None, body: bytes) -> str:
    """Return the body as a query string, at most :data:`MAX_QUERY_CHARACTERS` long."""
    bare = (media_type or "").partition(";")[0].strip().lower()
    try:
        query = _query(bare, media_type or "", body)
    except (UnicodeDecodeError, ValueError, RecursionError):
        query = "" if bare == "application/json" else _binary(body)
    return query[:MAX_QUERY_CHARACTERS]


def _query(bare: str, media_type: str, body: bytes) -> str:
    if bare == "application/x-www-form-urlencoded":
        return unquote_plus(body.decode("utf-8"))
    if bare.startswith("multipart/"):
        return _multipart(media_type, body)
    if bare in ("application/json", "text/plain"):
        return _json(body)
    return _binary(body)


def _binary(body: bytes) -> str:
    return "__wb_post_data=" + base64.b64encode(body).decode("ascii") if body else ""


def _multipart(media_type: str, body: bytes) -> str:
    head = f"Content-Type: {media_type}\r\n\r\n".encode("latin-1", "replace")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise ValueError("no parts")
    pairs: list[tuple[str, bytes]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            pairs.append((name, content))
    return urlencode(pairs)


def _json(body: bytes) -> str:
    pairs: list[tuple[str, str]] = []
    counts: dict[str, int] = {}

    def leaf(value: Any, name: str) -> None:
        counts[name] = counts.get(name, 0) + 1
        key = name if counts[name] == 1 else f"{name}.{counts[name]}_"
        pairs.append((key, _scalar(value)))

    def walk(value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, member in value.items():
                walk(member, key)
        elif isinstance(value, list):
            for member in value:
                walk(member, name)
        elif name:
            leaf(value, name)

    for document in _documents(body.decode("utf-8")):
        walk(document, "")
    return "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs)


def _documents(text: str) -> list[Any]:
    """One JSON document, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        if "\n" not in text:
            raise
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _scalar(value: Any) -> str:
    """A leaf as JavaScript's ``toString`` writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return json.dumps(value)
