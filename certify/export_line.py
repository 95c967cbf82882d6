"""Options of an export in the words of exports(5), as target files and servers write them."""

from certify.target_section import guess

# exports(5): the first of each stands when an export line says nothing of it.
_DEFAULTS = (("ro", "rw"), ("sync", "async"), ("root_squash", "no_root_squash", "all_squash"), ("secure", "insecure"))
_OTHERS = (
    *("wdelay", "no_wdelay", "hide", "nohide", "crossmnt", "subtree_check", "no_subtree_check", "no_all_squash"),
    *("acl", "no_acl", "mountpoint", "mp", "fsid", "anonuid", "anongid", "sec", "xprtsec", "refer", "replicas", "pnfs"),
    *("no_pnfs", "security_label", "insecure_locks", "secure_locks", "auth_nlm", "no_auth_nlm", "nordirplus"),
)
_KNOWN = (*(option for group in _DEFAULTS for option in group), *_OTHERS)


def split(options: str) -> list[str]:
    """Return the options of a list.

    >>> split("rw, sync,")
    ['rw', 'sync']
    """
    return [option.strip() for option in options.split(",") if option.strip()]


def completed(options: str) -> frozenset[str]:
    """Return the options of an export line with the defaults for what it does not say.

    >>> sorted(completed("rw,all_squash"))
    ['all_squash', 'rw', 'secure', 'sync']
    """
    said = split(options)
    return frozenset([*said, *(group[0] for group in _DEFAULTS if not set(group) & set(said))])


def mistake(options: str) -> str:
    """Return what is wrong with a list of options, "" when nothing is.

    >>> mistake("rw,no_rootsquash")
    "exports(5) has no option 'no_rootsquash', did you mean no_root_squash?"
    >>> mistake("rw,ro")
    'ro and rw exclude each other'
    >>> mistake("rw,all_squash,no_root_squash,anonuid=1025")
    ''
    """
    said = split(options)
    for option in said:
        if set(option) & set(" ()"):
            return f"{option!r} is no option: write them alone, with commas between, such as rw,sync"
        if (name := option.partition("=")[0]) not in _KNOWN:
            return f"exports(5) has no option {name!r}{guess(name, _KNOWN)}"
    # all_squash goes before what is said of root alone.
    excluding = [group[:2] for group in _DEFAULTS]
    return next((f"{one} and {other} exclude each other" for one, other in excluding if {one, other} <= set(said)), "")
