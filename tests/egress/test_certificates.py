"""The end of a certificate's validity, read without a library and compared with one."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.egress.certificates import not_after


@pytest.mark.parametrize("year", [2026, 2049, 2050, 2071])
def test_the_date_is_the_librarys(year: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.example")])
    ends = datetime(year, 3, 1, 12, 30, 59, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(ends - timedelta(days=90))
    made = builder.not_valid_after(ends).sign(key, hashes.SHA256())
    assert not_after(made.public_bytes(serialization.Encoding.DER)) == ends == made.not_valid_after_utc


@given(st.binary(max_size=200))
def test_other_bytes_are_no_certificate(data: bytes) -> None:
    assert not_after(data) is None or isinstance(not_after(data), datetime)
