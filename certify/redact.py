"""Keep secrets out of everything a run publishes."""

from __future__ import annotations

import re

HIDDEN = "[redacted]"

# Each pattern keeps what stands around the secret, so that the reader still sees that there was one.
_SECRETS = (
    # PEM private keys, whatever their kind.
    re.compile(
        r"(?P<before>-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----).*?(?P<after>-----END (?P=kind)-----)",
        re.DOTALL,
    ),
    # kubeconfig, as YAML or JSON.
    re.compile(
        r"(?P<before>\b(?:client-certificate-data|client-key-data|certificate-authority-data|token|password)"
        r"[\"']?[ \t]*:[ \t]*[\"']?)[^\s\"',}]+(?P<after>)"
    ),
    # HTTP headers.
    re.compile(r"(?P<before>\bBearer )[\w.~+/=-]+(?P<after>)", re.IGNORECASE),
    # Environment of a container in a manifest: a name, then the value on the next line or after a comma.
    re.compile(
        r"(?P<before>\bname[\"']?\s*:\s*[\"']?[A-Z0-9_]*PASSWORD[\"']?\s*,?\s*[\"']?value[\"']?\s*:[ \t]*)"
        r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,}]+)(?P<after>)"
    ),
    # Environment as `env` prints it, as a shell sets it, or as a mapping.
    re.compile(
        r"(?P<before>\b[A-Z0-9_]*PASSWORD[\"']?(?:=|[ \t]*:[ \t]*))"
        r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s,}\"']+)(?P<after>)"
    ),
)


def redact(text: str) -> str:
    """Return text fit for publication: known kinds of secrets hidden, and encodable as UTF-8.

    File names that are not UTF-8 reach Python as lone surrogates; they come back as visible escapes.
    """
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<before>{HIDDEN}\g<after>", text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
