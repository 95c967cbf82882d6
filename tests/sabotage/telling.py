"""The options of a run in which a lie is told."""

from fixtures.sabotage import Sabotage

_TOLD_BY_GANESHA = ("--target", "examples/ganesha.toml")
_TOLD_BY_THE_PROVISIONER = ("--target", "examples/provisioner.toml")


def options_for(lie: Sabotage) -> list[str]:
    """Options of pytest: a kept world that tells the lie on its versions."""
    options = ["--sabotage", lie.name, "--nfs-versions", ",".join(lie.versions), "--keep"]
    options += _TOLD_BY_GANESHA if lie.calls else _TOLD_BY_THE_PROVISIONER if lie.provisioner else ()
    return options
