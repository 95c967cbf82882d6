"""Certificates for the Docker Engines: one authority a world, a server certificate a machine, one client."""

import subprocess
from pathlib import Path

from lab.errors import LabError

DAYS = "30"


def issue_authority(folder: Path) -> None:
    """Create `ca.pem`, `ca-key.pem` and the client's `cert.pem`, `key.pem`, as Docker clients name them."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _key(folder / "ca-key.pem")
    _openssl(
        "req",
        "-x509",
        "-new",
        "-key",
        folder / "ca-key.pem",
        "-days",
        DAYS,
        "-subj",
        "/CN=nfs-conformance lab",
        "-out",
        folder / "ca.pem",
    )
    _key(folder / "key.pem")
    _sign(folder, folder / "key.pem", folder / "cert.pem", "client", "extendedKeyUsage=clientAuth")


def issue_server(authority: Path, folder: Path, address: str) -> None:
    """Create `ca.pem`, `server.pem` and `server-key.pem` for the Engine at `address`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "ca.pem").write_bytes((authority / "ca.pem").read_bytes())
    _key(folder / "server-key.pem")
    _sign(
        authority,
        folder / "server-key.pem",
        folder / "server.pem",
        address,
        f"subjectAltName=IP:{address}\nextendedKeyUsage=serverAuth",
    )


def _key(target: Path) -> None:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", target)
    target.chmod(0o600)


def _sign(authority: Path, key: Path, target: Path, name: str, extensions: str) -> None:
    request, options = target.with_suffix(".csr"), target.with_suffix(".ext")
    options.write_text(extensions + "\n")
    _openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
    _openssl(
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        authority / "ca.pem",
        "-CAkey",
        authority / "ca-key.pem",
        "-CAcreateserial",
        "-days",
        DAYS,
        "-extfile",
        options,
        "-out",
        target,
    )
    request.unlink()
    options.unlink()


def _openssl(*words: str | Path) -> None:
    command = ["openssl", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise LabError(f"'{' '.join(command[:3])} ...' failed: {done.stderr.strip()[-500:]}")
