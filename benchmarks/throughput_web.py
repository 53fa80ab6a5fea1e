"""
The web of the throughput benchmark: a DNS stub and a server for all hosts, in a network namespace of their own.

The server logs when each request arrived and ended; politeness is judged by
this log and by nothing that the client says.
"""

import asyncio
import datetime
import itertools
import json
import random
import ssl
import struct
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from throughput_list import latency_s

_HOSTS_PER_CERTIFICATE = 50
_WORDS = [
    "analysis",
    "source",
    "report",
    "archive",
    "footnote",
    "evidence",
    "region",
    "border",
    "council",
    "market",
    "winter",
    "river",
]
PAGE = (
    "<html><head><title>A page of the bench</title></head><body><h1>A page of the bench</h1>"
    + "".join(f"<p>{' '.join(random.Random(n).choices(_WORDS, k=60))}.</p>" for n in range(16))
    + "</body></html>"
).encode()


def address_of(number: int) -> str:
    return f"10.77.{number // 250}.{number % 250 + 1}"


# Certificates


def make_certificates(hosts: tuple[str, ...], folder: Path) -> Path:
    """Write an authority and one certificate for every fifty hosts; returns the authority's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench authority")])
    authority = _certificate(name, name, key.public_key(), key, [], authority=True)
    for index in range(0, len(hosts), _HOSTS_PER_CERTIFICATE):
        leaf_key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[index])])
        leaf = _certificate(
            subject, name, leaf_key.public_key(), key, list(hosts[index : index + _HOSTS_PER_CERTIFICATE])
        )
        private = leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem = leaf.public_bytes(serialization.Encoding.PEM)
        (folder / f"leaf{index // _HOSTS_PER_CERTIFICATE}.pem").write_bytes(private + pem)
    path = folder / "authority.pem"
    path.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    return path


def _certificate(subject, issuer, public_key, signing_key, names, *, authority=False) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def server_context(hosts: tuple[str, ...], folder: Path) -> ssl.SSLContext:
    """One context that picks the certificate by the name asked for."""
    count = (len(hosts) + _HOSTS_PER_CERTIFICATE - 1) // _HOSTS_PER_CERTIFICATE
    contexts = []
    for index in range(count):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f"leaf{index}.pem")
        contexts.append(context)
    numbers = {host: number for number, host in enumerate(hosts)}

    def pick(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = contexts[numbers.get(name or "", 0) // _HOSTS_PER_CERTIFICATE]

    contexts[0].sni_callback = pick
    return contexts[0]


# DNS


class Names(asyncio.DatagramProtocol):
    """Answers A for the hosts, an empty AAAA, NXDOMAIN for other names, and nothing for every other dead host."""

    def __init__(self, hosts: tuple[str, ...], dead: frozenset[str]) -> None:
        self._addresses = {host: address_of(number) for number, host in enumerate(hosts)}
        self._silent = frozenset(sorted(dead)[::2])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        labels, position = [], 12
        while length := data[position]:
            labels.append(data[position + 1 : position + 1 + length].decode())
            position += length + 1
        question = data[12 : position + 5]
        kind = struct.unpack("!H", data[position + 1 : position + 3])[0]
        name = ".".join(labels).lower()
        if name in self._silent:
            return
        address = self._addresses.get(name)
        answers = b""
        if address and kind == 1:
            answers = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + bytes(int(part) for part in address.split("."))
        flags = 0x8180 if address else 0x8183
        head = data[:2] + struct.pack("!HHHHH", flags, 1, 1 if answers else 0, 0, 0)
        self._transport.sendto(head + question + answers, sender)


# The web


@dataclass
class Log:
    """Arrivals per host: when each request came, and when its answer ended or its client left."""

    arrivals: defaultdict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))

    def arrive(self, host: str) -> list[float]:
        entry = [time.monotonic(), 0.0]
        self.arrivals[host].append(entry)
        return entry


class Site(asyncio.Protocol):
    """One connection; answers after the path's latency, or at once when *instant*."""

    def __init__(self, log: Log, dead: frozenset[str], instant: bool) -> None:
        self._log, self._dead, self._instant = log, dead, instant
        self._buffer = b""
        self._open: list[float] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._end()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            host = next(line[6:] for line in lines if line.lower().startswith("host: "))
            self._serve(host, lines[0].split(" ")[1])

    def _serve(self, host: str, path: str) -> None:
        self._open = self._log.arrive(host)
        kind = path[1:].partition("/")[0]
        if host in self._dead or kind == "hang":
            return
        delay = 0.0 if self._instant else latency_s(path)
        asyncio.get_running_loop().call_later(delay, self._answer, host, kind, path)

    def _answer(self, host: str, kind: str, path: str) -> None:
        if self._transport.is_closing():
            return
        if kind == "reset":
            self._transport.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))
            self._transport.abort()
            return
        rest = path.split("/")
        secure = "https" if self._transport.get_extra_info("sslcontext") else "http"
        if kind == "same":
            head = f"HTTP/1.1 301 Moved\r\nlocation: {secure}://{host}/page/{rest[2]}\r\ncontent-length: 0\r\n\r\n"
            body = b""
        elif kind == "cross":
            head = f"HTTP/1.1 302 Moved\r\nlocation: {rest[3]}://{rest[4]}/page/{rest[2]}\r\ncontent-length: 0\r\n\r\n"
            body = b""
        else:
            status = {"missing": "404 Not Found", "busy": "503 Busy"}.get(kind, "200 OK")
            head = f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {len(PAGE)}\r\n\r\n"
            body = PAGE
        # Ended before the bytes are out: the client can't know earlier than we do.
        self._end()
        self._transport.write(head.encode() + body)

    def _end(self) -> None:
        if self._open is not None and not self._open[1]:
            self._open[1] = time.monotonic()


def politeness(log: Log) -> dict[str, float]:
    """The shortest gap between arrivals at one host, how many were too short, and the most open at once."""
    gaps = [
        later[0] - earlier[0] for entries in log.arrivals.values() for earlier, later in itertools.pairwise(entries)
    ]
    most = 0
    for entries in log.arrivals.values():
        events = sorted([(start, 1) for start, _ in entries] + [(end or start, -1) for start, end in entries])
        level = 0
        for _, step in events:
            level += step
            most = max(most, level)
    return {
        "requests": sum(len(entries) for entries in log.arrivals.values()),
        "shortest_gap_s": round(min(gaps, default=0.0), 3),
        "gaps_under_0.45_s": sum(gap < 0.45 for gap in gaps),
        "share_under_0.45_s": round(sum(gap < 0.45 for gap in gaps) / max(1, len(gaps)), 4),
        "most_open": most,
    }


async def serve(rig: dict[str, list[str]], folder: Path, instant: bool) -> None:
    """Serve until standard input ends; then print what the log says of the client's politeness."""
    hosts, dead = tuple(rig["hosts"]), frozenset(rig["dead"])
    log = Log()
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Names(hosts, dead), local_addr=("127.0.0.1", 53))
    context = server_context(hosts, folder)

    def site() -> Site:
        return Site(log, dead, instant)

    await loop.create_server(site, "0.0.0.0", 80, backlog=1024)
    await loop.create_server(site, "0.0.0.0", 443, ssl=context, backlog=1024)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps(politeness(log)), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), sys.argv[3] == "instant"))
