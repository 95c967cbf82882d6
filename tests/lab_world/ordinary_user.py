"""A user without root, whose home, cache and reports are on disk.

Whoever runs the tests without root is that user. Root makes one for the test's processes alone: in a private mount
namespace with an account of its own, so that nothing of the host changes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.build import golang, kernel
from lab.build.workshop import folder_of
from tests.lab_world.suite_run import CHECKOUT, lab

NAME = "nfs-conformance-tester"
UID = 47311  # outside what Debian gives to users, system accounts and their subordinate ids
SUBORDINATE = f"{NAME}:1200000:65536\n"

# $1 folder with the account's files, $2 its home, $3 the checkout, $4 where Python is, $5 the folder on the way there
# that is closed to other users, or nothing; then the command. Of a closed folder the user sees Python and nothing else.
_BECOME = f"""
set -e
account=$1 home=$2 checkout=$3 python=$4 closed=$5; shift 5
mount --bind "$account/passwd" /etc/passwd
mount --bind "$account/group" /etc/group
mount --bind "$account/subuid" /etc/subuid
mount --bind "$account/subgid" /etc/subgid
mount -t tmpfs none /dev/net
mknod -m 666 /dev/net/tun c 10 200
mkdir -p "$home/checkout"
mount --bind "$checkout" "$home/checkout"
mount -o remount,bind,ro "$home/checkout"
if [ "$closed" ]; then
  mkdir -p "$home/python"
  mount --bind "$python" "$home/python"
  mount -t tmpfs -o mode=755 none "$closed"
  mkdir -p "$python"
  mount --move "$home/python" "$python"
fi
cd "$home/checkout"
exec setpriv --reuid {UID} --regid {UID} --clear-groups --inh-caps=-all \
  env -i HOME="$home" USER={NAME} LOGNAME={NAME} PATH="$PATH" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 "$@"
"""


@dataclass(frozen=True)
class OrdinaryUser:
    """`command` goes before what the user is to run; `python` is where the user finds this environment."""

    uid: int
    command: tuple[str, ...]
    python: str
    cache: Path
    reports: Path


@contextmanager
def ordinary_user(reports: Path) -> Iterator[OrdinaryUser]:
    """The user of these tests when that is not root, else one made for the purpose."""
    if os.geteuid() != 0:
        yield OrdinaryUser(os.geteuid(), (), sys.executable, paths.cache_folder(), reports)
        return
    root = Path(tempfile.mkdtemp(prefix="nfs-conformance-user-", dir="/var/tmp"))
    try:
        root.chmod(0o755)
        account, home = root / "account", root / "home"
        _write_account(account, home)
        cache = home / ".cache" / "nfs-conformance"
        _hand_over_compiled_programs(cache)
        (home / "reports").mkdir()
        subprocess.run(["chown", "-R", f"{UID}:{UID}", home], check=True, timeout=300)
        become = ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", _BECOME, "sh"]
        command = (*become, str(account), str(home), str(CHECKOUT), sys.base_prefix, _closed_folder(sys.base_prefix))
        user = OrdinaryUser(UID, command, _python(home / "checkout"), cache, home / "reports")
        yield user
        lab("down", prefix=command, python=user.python)
    finally:
        shutil.rmtree(root)


def _python(checkout: Path) -> str:
    """The interpreter of this environment, by a path that other users may follow."""
    interpreter = Path(sys.executable)
    return str(checkout / interpreter.relative_to(CHECKOUT) if CHECKOUT in interpreter.parents else interpreter)


def _closed_folder(path: str) -> str:
    """The outermost folder above `path` that other users may not enter, or nothing."""
    above = reversed(Path(path).parents)
    return next((str(folder) for folder in above if not folder.stat().st_mode & 0o001), "")


def _write_account(account: Path, home: Path) -> None:
    account.mkdir()
    home.mkdir()
    passwd, group = Path("/etc/passwd").read_text(), Path("/etc/group").read_text()
    (account / "passwd").write_text(f"{passwd}{NAME}:x:{UID}:{UID}::{home}:/bin/sh\n")
    (account / "group").write_text(f"{group}{NAME}:x:{UID}:\n")
    for name in ("subuid", "subgid"):
        (account / name).write_text(SUBORDINATE)


def _hand_over_compiled_programs(cache: Path) -> None:
    """The three that take compilers half an hour, with no more rights than any user has; all else the user builds."""
    builds = cache / "builds"
    builds.mkdir(parents=True)
    for step in (kernel.kernel(), golang.kubernetes(), golang.containerd()):
        if folder_of(step).exists():
            shutil.copytree(folder_of(step), builds / step.entry)
