"""What makes one practice platform itself: its passwords and its certificate, made once and kept.

Applying again gives the same Secrets, so `up` repairs a Secret that a drill has spoilt, and the database on disk
still knows its passwords.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from practice.cluster.certificates import write_certificate

LIFETIME = timedelta(days=365)
DOMAIN = "adaptivelearning.com"


class Identity:
    """The secrets of one platform, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seed = folder / "seed"
        self.authority = folder / "ca.crt"
        self.certificate = folder / "tls.crt"
        self.key = folder / "tls.key"

    def make(self) -> "Identity":
        """Make what is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.seed.exists():
            write_certificate(self.seed, secrets.token_hex(32).encode())
        if not self.key.exists():
            self._make_certificate()
        return self

    def password(self, of: str) -> str:
        """Return a password; the same one each time."""
        return hmac.new(self.seed.read_bytes(), of.encode(), hashlib.sha256).hexdigest()[:32]

    def encoded(self, path: Path) -> str:
        """Return a file as Secrets embed it."""
        return base64.b64encode(path.read_bytes()).decode()

    def _make_certificate(self) -> None:
        """Make an authority of our own and the ingress' certificate; the authority's key is thrown away."""
        signer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        signer_name = common_name("outage practice public authority")
        signer = (
            begin_identity(signer_name, signer_name, signer_key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(signer_key.public_key()), critical=False)
            .sign(signer_key, hashes.SHA256())
        )
        names = x509.SubjectAlternativeName([x509.DNSName(DOMAIN), x509.DNSName(f"*.{DOMAIN}")])
        signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key())
        certificate = (
            begin_identity(common_name(f"*.{DOMAIN}"), signer_name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(names, critical=False)
            .add_extension(signed_by, critical=False)
            .sign(signer_key, hashes.SHA256())
        )
        form = serialization.PrivateFormat.PKCS8
        private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        write_certificate(self.authority, signer.public_bytes(serialization.Encoding.PEM))
        write_certificate(self.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        write_certificate(self.key, private)


def common_name(name: str) -> x509.Name:
    """Return a subject."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def begin_identity(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    """Start a certificate; an hour in the past, because clocks differ."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
    )
