"""Keys and certificates of the cluster: one authority, everything signed by it, made once."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outage.value import Value
from practice.cluster import cluster_layout
from practice.cluster.cluster_layout import CONTROL, NODES
from practice.practice_errors import PracticeError

LIFETIME = timedelta(days=365)
NO_GROUP = "outage-practice"
"""The organisation of who needs none: to Kubernetes it is a group that nobody gave a right."""
MASTERS = "system:masters"
"""The organisation that Kubernetes lets do everything."""
AUTHORITIES = ("ca", "front-proxy-ca")
SERVICES = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
"""What pods call the API server."""


class WantedCertificate(Value):
    """One certificate that a component shows."""

    file: str
    common: str
    """Its common name: the user, to Kubernetes."""
    organisation: str = NO_GROUP
    """A group, to Kubernetes."""
    addresses: tuple[str, ...] = ()
    """IP addresses and names of who serves with it."""

    @property
    def identities(self) -> tuple[str, ...]:
        """What it is valid for. One without any is refused by Go; who only asks has its file's name."""
        return self.addresses or (self.file,)

    @property
    def authority(self) -> str:
        """Who signs it."""
        return "front-proxy-ca" if self.file == "front-proxy" else "ca"


def make_certificates() -> None:
    """Make what the practice cluster lacks of keys and certificates.

    Raises:
        PracticeError: A key of an authority cannot be read.
    """
    certify_all(cluster_layout.secrets_folder(), wanted_certificates())


def certify_all(folder: Path, wanted: Iterable[WantedCertificate]) -> None:
    """Make what is missing; what is there stays, so that a repaired cluster is trusted as before.

    Args:
        folder: Where keys and certificates are kept; one cluster's alone.
        wanted: Every certificate but those of the authorities.

    Raises:
        PracticeError: A key of an authority cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for authority in AUTHORITIES:
        if not (folder / f"{authority}.crt").exists():
            made = trustme.CA(organization_name=NO_GROUP, organization_unit_name=authority)
            write_pair(folder, authority, made.private_key_pem.bytes(), made.cert_pem.bytes())
    if not (folder / "sa.pub").exists():
        make_service_account_key(folder)
    for one in wanted:
        if not (folder / f"{one.file}.crt").exists():
            issue_certificate(folder, one)


def wanted_certificates() -> list[WantedCertificate]:
    """List every certificate of the cluster but those of its authorities."""
    serving = (CONTROL.address, "127.0.0.1", cluster_layout.API_SERVICE, *SERVICES)
    return [
        WantedCertificate(file="apiserver", common="kube-apiserver", addresses=serving),
        WantedCertificate(
            file="apiserver-kubelet", common="kube-apiserver-kubelet-client", organisation=MASTERS
        ),
        WantedCertificate(file="front-proxy", common="front-proxy-client"),
        WantedCertificate(file="admin", common="outage-practice-admin", organisation=MASTERS),
        WantedCertificate(file="controllers", common="system:kube-controller-manager"),
        WantedCertificate(file="scheduler", common="system:kube-scheduler"),
        WantedCertificate(file="proxy", common="system:kube-proxy"),
        *(
            WantedCertificate(
                file=each.name,
                common=f"system:node:{each.name}",
                organisation="system:nodes",
                addresses=(each.address, each.name),
            )
            for each in NODES
        ),
    ]


def issue_certificate(folder: Path, wanted: WantedCertificate) -> None:
    """Make a certificate for both ends of a connection, signed by the authority it belongs to."""
    made = read_authority(folder, wanted.authority).issue_cert(
        *wanted.identities,
        common_name=wanted.common,
        organization_name=wanted.organisation,
        organization_unit_name=NO_GROUP,
        not_after=datetime.now(UTC) + LIFETIME,
    )
    write_pair(folder, wanted.file, made.private_key_pem.bytes(), made.cert_chain_pems[0].bytes())


def read_authority(folder: Path, name: str) -> trustme.CA:
    """Read an authority that was made before, by this version or an older one.

    Raises:
        PracticeError: Its key or its certificate cannot be read.
    """
    try:
        return trustme.CA.from_pem(
            (folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes()
        )
    except (OSError, ValueError, TypeError) as error:
        raise PracticeError(
            f"{folder / name}.key is no key of ours ({error}): run `outage practice down` and up again"
        ) from error


def make_service_account_key(folder: Path) -> None:
    """Make the key pair that signs the pods' tokens."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_certificate(folder / "sa.key", private)
    write_certificate(folder / "sa.pub", public)


def write_pair(folder: Path, name: str, key: bytes, certificate: bytes) -> None:
    """Write a key and its certificate; the certificate last, because its presence means that both are there."""
    write_certificate(folder / f"{name}.key", key)
    write_certificate(folder / f"{name}.crt", certificate)


def write_certificate(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    partial = path.with_suffix(path.suffix + ".partial")
    partial.touch(mode=0o600)
    partial.write_bytes(content)
    partial.replace(path)
