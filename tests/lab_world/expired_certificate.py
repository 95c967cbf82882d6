"""A client certificate of somebody who has been away for too long."""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_ENDED = timedelta(days=1)
_LASTED = timedelta(days=365)


def expired_user(authority: str, authority_key: str) -> dict[str, str]:
    """The user of a kubeconfig whose certificate, signed by a cluster's authority (PEM), ended a day ago."""
    signer = load_pem_private_key(authority_key.encode(), None)
    if not isinstance(signer, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError(f"a cluster's authority signs with RSA or ECDSA, this one with {type(signer).__name__}")
    key = ec.generate_private_key(ec.SECP256R1())
    ended = datetime.now(UTC) - _ENDED
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "suite")]))
        .issuer_name(x509.load_pem_x509_certificate(authority.encode()).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ended - _LASTED)
        .not_valid_after(ended)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "client-certificate-data": base64.b64encode(certificate.public_bytes(Encoding.PEM)).decode(),
        "client-key-data": base64.b64encode(private).decode(),
    }
