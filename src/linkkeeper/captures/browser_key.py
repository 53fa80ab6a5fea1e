"""The one key by which a browser process trusts its recorders, and nobody else."""

import base64
import hashlib
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BrowserKey:
    """
    Attributes:
        server_context: For the recorders' side of the browser's TLS.
        spki_sha256: For ``--ignore-certificate-errors-spki-list``: Chromium
            then takes this key for every host, and still refuses all others.
    """

    server_context: ssl.SSLContext
    spki_sha256: str


def new_browser_key() -> BrowserKey:
    """Make a key and a self-signed certificate; neither outlives the process."""
    # Eight megabytes, which only a process with a browser needs.
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "linkkeeper recorder")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem += certificate.public_bytes(Encoding.PEM)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return BrowserKey(_server_context(pem), base64.b64encode(hashlib.sha256(spki).digest()).decode("ascii"))


def _server_context(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # Python loads keys from files only; this one is readable by us alone and gone at once.
    with tempfile.TemporaryDirectory(prefix="linkkeeper-key-") as folder:
        path = Path(folder) / "key.pem"
        path.touch(mode=0o600)
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context
