"""The options of a run in which a lie is told."""

from pathlib import Path

from fixtures.sabotage import Sabotage

_TOLD_BY_GANESHA = ("--target", "examples/ganesha.toml")
_TOLD_BY_THE_PROVISIONER = ("--target", "examples/provisioner.toml")


def options_for(lie: Sabotage, folder: Path) -> list[str]:
    """Options of pytest: a kept world that tells the lie on its versions, where no failure is a known one.

    `folder` gets the file of known failures, which is empty.
    """
    nothing_is_known = folder / "known-failures.toml"
    nothing_is_known.touch()
    options = ["--sabotage", lie.name, "--nfs-versions", ",".join(lie.versions), "--keep"]
    options += ["--known-failures", str(nothing_is_known)]
    options += _TOLD_BY_GANESHA if lie.calls else _TOLD_BY_THE_PROVISIONER if lie.provisioner else ()
    return options
