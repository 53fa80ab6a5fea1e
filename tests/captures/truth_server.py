"""A raw HTTP/1.1 server on loopback that remembers every byte that it sent, as the truth to compare records with."""

import asyncio
import hashlib
import ssl
import tempfile
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from linkkeeper.archive.message import PayloadDigest, is_chunked


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it arrived."""

    method: str
    url: str
    path: str
    host: str
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode("latin-1").lower() == name.lower():
                return value.strip().decode("latin-1")
        return ""


@dataclass(slots=True, kw_only=True)
class Sent:
    """One response as it left."""

    method: str
    url: str
    request_head: bytes
    request_body: bytes
    head: bytes = b""
    body_length: int = 0
    complete: bool = False
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _payload: PayloadDigest = field(default_factory=PayloadDigest)

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    @property
    def body_sha256(self) -> str:
        return self._hash.hexdigest()

    @property
    def payload_sha256(self) -> str:
        """Of the body without chunk framing."""
        return self._payload.hexdigest() if is_chunked(self.head) else self.body_sha256

    def add(self, data: bytes) -> None:
        self.body_length += len(data)
        self._hash.update(data)
        if is_chunked(self.head):
            self._payload.update(data)


class Answering:
    """What a handler answers with; everything written is the truth."""

    def __init__(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader, sent: Sent) -> None:
        self.writer = writer
        self.reader = reader
        self._sent = sent

    async def interim(self, head: bytes) -> None:
        """A 1xx response: sent, and no part of the truth."""
        self.writer.write(head)
        await self.writer.drain()

    async def head(self, head: bytes) -> None:
        self._sent.head = head
        self.writer.write(head)
        await self.writer.drain()

    async def body(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()
        self._sent.add(data)

    def done(self) -> None:
        self._sent.complete = True

    async def whole(self, head: bytes, body: bytes = b"") -> None:
        """Head and body at once."""
        self._sent.head = head
        self.writer.write(head + body)
        self._sent.add(body)
        await self.writer.drain()
        self._sent.complete = True

    def reset(self) -> None:
        self.writer.transport.abort()


Handler = Callable[[Request, Answering], Awaitable[None]]

#: A name whose server prefers HTTP/2.
MODERN = "modern.example"


class Authority:
    """A certificate authority of the tests."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Truth test authority")])
        self.certificate = self._sign(self.name, self.key, authority=True, names=[], days=30)

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool, names: list[str], days: int
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        return builder.sign(self.key, SHA256())

    def write(self, folder: Path) -> Path:
        path = folder / "ca.pem"
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def server_context(self, folder: Path, names: list[str], *, days: int = 30) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._sign(subject, key, authority=False, names=names, days=days)
        path = folder / f"{names[0].replace('*', 'any')}-{days}.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


async def speak_http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, page: bytes) -> None:
    """As much HTTP/2 as one page takes (RFC 9113), for a browser that comes without a recorder."""

    def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    await reader.readexactly(24)
    writer.write(frame(4, 0, 0, b""))
    while True:
        start = await reader.readexactly(9)
        await reader.readexactly(int.from_bytes(start[:3], "big"))
        kind, flags, stream = start[3], start[4], int.from_bytes(start[5:], "big")
        if kind == 4 and not flags:
            writer.write(frame(4, 1, 0, b""))
        if kind == 1:
            media_type = b"text/html; charset=utf-8"
            writer.write(frame(1, 4, stream, b"\x88\x0f\x10" + bytes([len(media_type)]) + media_type))
            writer.write(frame(0, 1, stream, page))


class TruthServer:
    """
    Serves one handler on plain and TLS ports, in a thread of its own.

    Args:
        address: On loopback.
        modern_page: What :data:`MODERN` shows over HTTP/2; over HTTP/1.1 the handler answers.

    Attributes:
        log: Every response, in the order of its request.
    """

    def __init__(
        self, handler: Handler, *, names: list[str], modern_page: bytes = b"", address: str = "127.0.0.1"
    ) -> None:
        self._handler = handler
        self._address = address
        self._names = names
        self._modern_page = modern_page
        self._folder = tempfile.TemporaryDirectory(prefix="truth-")
        self.log: list[Sent] = []
        self.connections: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="truth-web", daemon=True)
        self._servers: list[asyncio.Server] = []
        self._clients: set[asyncio.Task[None]] = set()
        self.ports: dict[str, int] = {}
        folder = Path(self._folder.name)
        authority = Authority()
        self.ca_file = authority.write(folder)
        self._good = authority.server_context(folder, names)
        self._bad = authority.server_context(folder, ["expired.example"], days=-1)
        self._modern = authority.server_context(folder, [MODERN])
        self._modern.set_alpn_protocols(["h2", "http/1.1"])

    def start(self) -> "TruthServer":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._folder.cleanup()

    @property
    def connect_to(self) -> dict[str, str]:
        """For ``[network] connect_to``: every name of this web."""
        table = {}
        for name in self._names:
            table[f"{name}:80"] = f"{self._address}:{self.ports['http']}"
            table[f"{name}:443"] = f"{self._address}:{self.ports['https']}"
        table["expired.example:443"] = f"{self._address}:{self.ports['expired']}"
        table[f"{MODERN}:443"] = f"{self._address}:{self.ports['modern']}"
        return table

    async def _listen(self) -> None:
        for scheme, port, context in (
            ("http", "http", None),
            ("https", "https", self._good),
            ("https", "expired", self._bad),
            ("https", "modern", self._modern),
        ):
            server = await asyncio.start_server(self._client(scheme), self._address, 0, ssl=context, limit=1 << 20)
            self.ports[port] = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for task in tuple(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _client(self, scheme: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._serve(scheme, reader, writer))
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)

        return accept

    async def _serve(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(scheme)
        try:
            tls = writer.get_extra_info("ssl_object")
            if tls is not None and tls.selected_alpn_protocol() == "h2":
                await speak_http2(reader, writer, self._modern_page)
            while True:
                request = await self._read(scheme, reader)
                sent = Sent(
                    method=request.method, url=request.url, request_head=request.head, request_body=request.body
                )
                self.log.append(sent)
                answering = Answering(writer, reader, sent)
                await self._handler(request, answering)
                if writer.is_closing() or b"onnection: close" in sent.head or not sent.complete:
                    return
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            return
        finally:
            writer.close()

    async def _read(self, scheme: str, reader: asyncio.StreamReader) -> Request:
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ")
        fields = {
            line.partition(b":")[0].lower(): line.partition(b":")[2].strip() for line in head.split(b"\r\n")[1:-2]
        }
        host = fields[b"host"].decode("latin-1")
        length = int(fields.get(b"content-length", b"0"))
        body = await reader.readexactly(length)
        shown = "ws" + scheme.removeprefix("http") if b"upgrade" in fields else scheme
        url = f"{shown}://{host}{path}"
        return Request(method=method, url=url, path=path, host=host, head=head, body=body)
