"""Certificates of a case made anew for other host names: the same dates, the same kin, other keys."""

import re
from collections.abc import Callable
from textwrap import indent

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

BLOCK = re.compile(
    r"^( *)-----BEGIN (?P<kind>CERTIFICATE|PRIVATE KEY)-----\n(?:.*\n)*?\1-----END (?P=kind)-----", re.M
)


def renewed_certificates(text: str, rename: Callable[[str], str]) -> str:
    """Return the text with every certificate of a leaf, its key and its authority made anew.

    Args:
        text: Manifests; each leaf is followed by its key, and signed by the one authority of the text.
        rename: Gives the new name of a host.
    """
    blocks = list(BLOCK.finditer(text))
    read = [x509.load_pem_x509_certificate(_bare(one)) for one in blocks if one["kind"] == "CERTIFICATE"]
    authority = next((one for one in read if one.subject == one.issuer), None)
    if authority is None:
        return text
    signer, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def anew(block: re.Match[str]) -> str:
        if block["kind"] == "PRIVATE KEY":
            made = leaf.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        else:
            old = x509.load_pem_x509_certificate(_bare(block))
            own = signer if old.subject == old.issuer else leaf
            made = _signed(old, own, signer, rename).public_bytes(serialization.Encoding.PEM)
        return indent(made.decode().strip(), block[1])

    return BLOCK.sub(anew, text)


def _bare(block: re.Match[str]) -> bytes:
    return "\n".join(line.strip() for line in block.group().splitlines()).encode()


def _signed(
    old: x509.Certificate,
    own: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    rename: Callable[[str], str],
) -> x509.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.issuer)
        .public_key(own.public_key())
        .serial_number(old.serial_number)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    for one in old.extensions:
        value = one.value
        if isinstance(value, x509.SubjectAlternativeName):
            names = [x509.DNSName(rename(name)) for name in value.get_values_for_type(x509.DNSName)]
            made = made.add_extension(x509.SubjectAlternativeName(names), one.critical)
        elif not isinstance(value, x509.SubjectKeyIdentifier | x509.AuthorityKeyIdentifier):
            made = made.add_extension(value, one.critical)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    made = made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    return made.sign(signer, hashes.SHA256())
