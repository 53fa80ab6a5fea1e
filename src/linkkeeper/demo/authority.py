"""A throw-away certificate authority, so that a small web can speak TLS for invented hosts."""

import ssl
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class CertificateFault(Enum):
    """What is wrong with the certificate that a host shows."""

    NONE = "none"
    EXPIRED = "expired"
    WRONG_HOST = "wrong_host"
    SELF_SIGNED = "self_signed"
    MISSING_INTERMEDIATE = "missing_intermediate"


class Authority:
    """
    Issues certificates on demand; nobody but who is given :attr:`ca_file` trusts them.

    Args:
        folder: Where certificates and keys are written; the owner removes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Small web throw-away authority")
        self._certificate = self._sign(
            subject=self._name, issuer=self._name, signing_key=self._key, public_key=self._key.public_key(), ca=True
        )
        self._contexts: dict[tuple[str, CertificateFault], ssl.SSLContext] = {}
        self._key_pem = self._leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.ca_file = folder / "authority.pem"
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str, fault: CertificateFault = CertificateFault.NONE) -> ssl.SSLContext:
        """The server side of TLS for *host*, made once."""
        known = self._contexts.get((host, fault))
        if known is None:
            known = self._contexts[(host, fault)] = self._make_context(host, fault)
        return known

    def _make_context(self, host: str, fault: CertificateFault) -> ssl.SSLContext:
        certificate = self._issue(host, fault)
        path = self._folder / f"{len(self._contexts)}.pem"
        path.write_bytes(self._key_pem + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _issue(self, host: str, fault: CertificateFault) -> x509.Certificate:
        named = "another-host.example" if fault is CertificateFault.WRONG_HOST else host
        subject, issuer, signing_key = _named(named), self._name, self._key
        if fault is CertificateFault.SELF_SIGNED:
            issuer, signing_key = subject, self._leaf_key
        elif fault is CertificateFault.MISSING_INTERMEDIATE:
            issuer, signing_key = _named("Intermediate that is not sent"), ec.generate_private_key(ec.SECP256R1())
        return self._sign(
            subject=subject,
            issuer=issuer,
            signing_key=signing_key,
            public_key=self._leaf_key.public_key(),
            host=named,
            expired=fault is CertificateFault.EXPIRED,
        )

    def _sign(
        self,
        *,
        subject: x509.Name,
        issuer: x509.Name,
        signing_key: ec.EllipticCurvePrivateKey,
        public_key: ec.EllipticCurvePublicKey,
        host: str | None = None,
        expired: bool = False,
        ca: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        end = now - timedelta(days=3) if expired else now + timedelta(days=30)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        )
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        return builder.sign(signing_key, hashes.SHA256())


def _named(common_name: str) -> x509.Name:
    # Quirk: a common name holds at most 64 characters; the host itself is in the alternative name.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
