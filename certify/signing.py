"""Ed25519 signatures of certificate bundles (RFC 8032), with keys in PEM as openssl(1) makes them."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from certify.errors import TargetError

_MAKE = "make one with: openssl genpkey -algorithm ed25519 -out key.pem"
_PUBLISH = "make one from the private key with: openssl pkey -in key.pem -pubout -out public.pem"


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key; TargetError names the file and how to make one."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise TargetError(f"signing key {path} cannot be used: {error}; {_MAKE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise TargetError(f"signing key {path} is not an Ed25519 key; {_MAKE}")
    return key


def read_public_key(path: Path) -> bytes:
    """Read a public key's PEM; TargetError names the file and how to make one."""
    try:
        pem = path.read_bytes()
        key = load_pem_public_key(pem)
    except (OSError, ValueError) as error:
        raise TargetError(f"public key {path} cannot be used: {error}; {_PUBLISH}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise TargetError(f"public key {path} is not an Ed25519 key; {_PUBLISH}")
    return pem


def sign(key: Ed25519PrivateKey, data: bytes) -> bytes:
    """Return the signature of `data` as one line of base64."""
    return base64.b64encode(key.sign(data)) + b"\n"


def is_signed_by(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Return whether the holder of the key (PEM) made this signature of `data`."""
    key = load_pem_public_key(public_key)
    if not isinstance(key, Ed25519PublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature, validate=False), data)
    except (InvalidSignature, binascii.Error):
        return False
    return True
