"""Options of an export in the words of exports(5), as target files and servers write them."""

# exports(5): the first of each stands when an export line says nothing of it.
_DEFAULTS = (("ro", "rw"), ("sync", "async"), ("root_squash", "no_root_squash", "all_squash"), ("secure", "insecure"))


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
