"""Keys and certificates of the cluster: one authority, everything signed by it, made once."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import CONTROL, NODES
from practice.practice_errors import PracticeError

LIFETIME = timedelta(days=365)


def make_certificates() -> None:
    """Make what is missing; what is there stays, so that a repaired cluster is trusted as before."""
    folder = cluster_layout.secrets_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for authority in ("ca", "front-proxy-ca"):
        if not (folder / f"{authority}.crt").exists():
            make_authority(authority)
    if not (folder / "sa.pub").exists():
        make_service_account_key()
    for name, common, organisation, addresses in wanted_certificates():
        if not (folder / f"{name}.crt").exists():
            issue_certificate(name, common, organisation, addresses)


def wanted_certificates() -> list[tuple[str, str, str, list[str]]]:
    """List the certificates: file, common name, organisation (a group, to Kubernetes), addresses."""
    services = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ]
    return [
        (
            "apiserver",
            "kube-apiserver",
            "",
            [CONTROL.address, "127.0.0.1", cluster_layout.API_SERVICE, *services],
        ),
        ("apiserver-kubelet", "kube-apiserver-kubelet-client", "system:masters", []),
        ("front-proxy", "front-proxy-client", "", []),
        ("admin", "outage-practice-admin", "system:masters", []),
        ("controllers", "system:kube-controller-manager", "", []),
        ("scheduler", "system:kube-scheduler", "", []),
        ("proxy", "system:kube-proxy", "", []),
        *(
            (each.name, f"system:node:{each.name}", "system:nodes", [each.address, each.name])
            for each in NODES
        ),
    ]


def make_authority(name: str) -> None:
    """Make an authority that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = subject_name(f"outage-practice-{name}", "")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        begin_certificate(subject, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    write_pair(name, key, builder.sign(key, hashes.SHA256()))


def issue_certificate(name: str, common: str, organisation: str, addresses: list[str]) -> None:
    """Make a certificate for both ends of a connection, signed by the authority it belongs to."""
    authority = "front-proxy-ca" if name == "front-proxy" else "ca"
    signer, signer_key = read_pair(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    signer_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key())
    builder = (
        begin_certificate(subject_name(common, organisation), signer.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(signer_identifier, critical=False)
    )
    if addresses:
        names = x509.SubjectAlternativeName([general_name(each) for each in addresses])
        builder = builder.add_extension(names, critical=False)
    write_pair(name, key, builder.sign(signer_key, hashes.SHA256()))


def begin_certificate(
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


def subject_name(common: str, organisation: str) -> x509.Name:
    """Return a subject."""
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(parts)


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return what a key may be used for."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def general_name(address: str) -> x509.GeneralName:
    """Return an IP address or a host name as a certificate holds it."""
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def make_service_account_key() -> None:
    """Make the key pair that signs the pods' tokens."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_certificate(cluster_layout.secrets_folder() / "sa.key", private_bytes(key))
    write_certificate(cluster_layout.secrets_folder() / "sa.pub", public)


def write_pair(name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Write a key and its certificate; the certificate last, because its presence means that both are there."""
    write_certificate(cluster_layout.secrets_folder() / f"{name}.key", private_bytes(key))
    write_certificate(
        cluster_layout.secrets_folder() / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM)
    )


def read_pair(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Read a certificate and its key."""
    folder = cluster_layout.secrets_folder()
    certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PracticeError(f"{folder / name}.key is no key of ours: run `outage practice down` and up again")
    return certificate, key


def private_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key as every component reads it."""
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def write_certificate(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    partial = path.with_suffix(path.suffix + ".partial")
    partial.touch(mode=0o600)
    partial.write_bytes(content)
    partial.replace(path)
