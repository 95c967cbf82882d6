"""Mount options of an operator: what a server may need besides, and not what changes the thing that is judged."""

from certify.target_section import guess

# nfs(5) and mount(8): those that say how a server is reached, spoken to and asked.
_NEEDED = (
    *("port", "mountport", "mountproto", "mounthost", "mountaddr", "mountvers", "proto", "tcp", "tcp6", "rdma", "udp"),
    *("sec", "xprtsec", "clientaddr", "resvport", "noresvport", "nconnect", "max_connect", "trunkdiscovery"),
    *("rsize", "wsize", "bsize", "timeo", "retrans", "retry", "namlen", "acl", "noacl", "rdirplus", "nordirplus"),
    *("sharecache", "nosharecache", "fsc", "nofsc", "migration", "nomigration", "write", "hard", "cto", "nocto"),
    *("ac", "noac", "actimeo", "acregmin", "acregmax", "acdirmin", "acdirmax", "lookupcache", "sync", "async"),
    *("atime", "noatime", "diratime", "nodiratime", "relatime", "norelatime", "nosuid", "suid", "nodev", "dev"),
    *("exec", "noexec", "rw", "fg", "lock", "context", "_netdev"),
)
_NO_LOCKS = "locks would stay on the client, and no server would be asked for one"
_HARMFUL = {
    **dict.fromkeys(("soft", "softerr", "softreval"), "operations would fail where the promise is that they wait"),
    **dict.fromkeys(("nolock", "local_lock"), _NO_LOCKS),
    "ro": "nothing could be written",
    "bg": "a mount would be reported as done before it is",
    **dict.fromkeys(
        ("vers", "nfsvers", "v3", "v4", "minorversion"), "which versions are mounted is said by nfs.versions"
    ),
}


def wrong(option: str) -> str:
    """Return why every mount cannot have this option, "" where it can.

    >>> wrong("port=20049"), wrong("soft")
    ('', "'soft': operations would fail where the promise is that they wait")
    >>> wrong("prot=tcp6")
    "nfs(5) has no option 'prot', did you mean proto?"
    """
    name = option.partition("=")[0]
    if not name or "," in option:
        return f"{option!r} is not one mount option, such as 'sec=sys'"
    if name in _HARMFUL:
        return f"{option!r}: {_HARMFUL[name]}"
    return "" if name in _NEEDED else f"nfs(5) has no option {name!r}{guess(name, _NEEDED)}"
