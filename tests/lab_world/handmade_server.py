"""An NFS server that the suite did not start: configured by hand, as its manual pages say, on the storage machine.

`python -m tests.lab_world.handmade_server off|on` cuts its machine's power and switches it on again.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lab import namespace, state
from lab.errors import LabError
from lab.eventually import eventually
from lab.machine import Machine
from lab.world import ADDRESSES, attach
from tests.lab_world import lying_library
from tests.lab_world.suite_run import CHECKOUT

ADDRESS = ADDRESSES["storage"]
EXPORT = "/srv/data/k8s"
_CONTAINER = "handmade"
_ROOT = "/disk/handmade"  # an overlay, which a container's root is, cannot be exported
_START = f"""
[ -e {_ROOT}/etc ] || {{ mkdir -p {_ROOT} && cp -ax / {_ROOT}; }}
mount --bind {_ROOT} {_ROOT} # a file system of its own, as nfs-ganesha wants to find one
for folder in proc sys dev run; do mount --rbind /$folder {_ROOT}/$folder; done
mkdir -p {_ROOT}{EXPORT} /run/rpcbind && chmod 777 {_ROOT}{EXPORT}
rm -f /run/rpcbind.lock
exec chroot {_ROOT} sh -c 'rpcbind -w && rpc.statd && %s
    while :; do sleep 1 & wait; done' # which takes leave of what has ended, as an init does
"""
_KNFSD = f"""
    mkdir -p /var/lib/nfs/v4recovery /etc/exports.d
    echo "{EXPORT} *(rw,sync,no_subtree_check,no_root_squash)" > /etc/exports
    # Debian has mountd look up groups, which are of users that it does not know here: clients are to be believed.
    sed -i s/manage-gids=y/manage-gids=n/ /etc/nfs.conf
    # Without leases it gives no delegations, and with them no times that clients set: known-failures.toml, IO-006.
    echo 0 > /proc/sys/fs/leases-enable
    mount -t nfsd nfsd /proc/fs/nfsd
    nfsdcld
    exportfs -ra
    rpc.nfsd --grace-time 10 --lease-time 10 8
    rpc.mountd"""
_GANESHA = f"""
    mkdir -p /etc/ganesha/exports /run/dbus /var/lib/nfs/ganesha /var/log/ganesha
    cat > /etc/ganesha/ganesha.conf <<CONF
NFS_CORE_PARAM {{
    Protocols = 3, 4;
    mount_path_pseudo = true;
    Enable_UDP = false;
    Enable_RQUOTA = false;
}}
NFSv4 {{
    Minor_Versions = 0, 1, 2;
    Grace_Period = 10;
    Lease_Lifetime = 10;
    Only_Numeric_Owners = true;
    RecoveryBackend = fs;
    RecoveryRoot = /var/lib/nfs/ganesha;
}}
EXPORT {{
    Export_Id = 1;
    Path = {EXPORT};
    Pseudo = {EXPORT};
    Squash = No_Root_Squash;
    Access_Type = RW;
    FSAL {{ Name = VFS; }}
}}
%dir /etc/ganesha/exports
CONF
    rm -f /run/dbus/pid
    dbus-daemon --system --fork
    LD_PRELOAD=$([ ! -e {lying_library.PLACE} ] || echo {lying_library.PLACE}) \\
        ganesha.nfsd -f /etc/ganesha/ganesha.conf -L /var/log/ganesha.log -p /run/ganesha.pid"""


@dataclass(frozen=True)
class Product:
    """What is configured: by an image of the suite's own, a script, and hooks named after it."""

    image: str
    configure: str
    hooks: str

    def lying(self, functions: tuple[str, ...], folder: Path) -> "Product":
        """The same, in user space, with functions of libc that do nothing."""
        return replace(self, configure=f"{lying_library.installing(functions, folder)}\n{self.configure}")


KNFSD = Product("nfs-conformance/nfs:lab", _KNFSD, "linux")
GANESHA = Product("nfs-conformance/ganesha:lab", _GANESHA, "ganesha")


@dataclass(frozen=True)
class HandmadeServer:
    """The server as its operator reaches it: over ssh, which a container does not have; `folder` holds the stand-in."""

    folder: Path
    product: Product = KNFSD

    @property
    def target(self) -> str:
        """The target file for somebody who knows nothing but host:/path."""
        return _at_this_address((CHECKOUT / "examples" / "external.toml").read_text())

    @property
    def target_with_hooks(self) -> str:
        """The same with every hook."""
        text = _at_this_address((CHECKOUT / "examples" / "external-with-hooks.toml").read_text())
        command = f"{sys.executable} -m tests.lab_world.handmade_server $NFS_POWER"
        own = text.replace("examples/hooks/ipmi-power.sh", command)
        for script in ("service", "exports"):
            own = own.replace(f"examples/hooks/linux-{script}", f"examples/hooks/{self.product.hooks}-{script}")
        return own

    def leave_out(self, version: str) -> None:
        """Restart its service without an NFS version."""
        script = f"rpc.nfsd 0; rpc.nfsd --no-nfs-version {version} 8"
        _inside(lambda machine: _run(machine, script))


def start(folder: Path, product: Product = KNFSD) -> HandmadeServer:
    """Take the place of whatever server there is in the world that is up."""
    _inside(lambda machine: _start(machine, folder, product))
    return HandmadeServer(folder, product)


def hide_clients() -> None:
    """Let the machine between clients and server put its own address in the place of theirs (NAT)."""
    rule = ["iptables", "-t", "nat", "-I", "POSTROUTING", "-d", ADDRESS, "-j", "MASQUERADE"]
    _inside(lambda machine: machine.run(rule), "cluster")


def _start(machine: Machine, folder: Path, product: Product) -> None:
    machine.docker("exec", _CONTAINER, "chroot", _ROOT, "rpc.nfsd", "0", check=False)  # of an earlier one
    own = ("nfs-conformance-knfsd", "nfs-conformance-ganesha")
    machine.docker("stop", *own, check=False)  # in order: threads of the kernel would keep the port
    machine.docker("rm", "--force", *own, _CONTAINER)
    machine.docker("run", "--rm", "--volume=/data:/disk", product.image, "rm", "-rf", _ROOT)
    options = ["--privileged", "--network=host", "--volume=/data:/disk"]
    options += ["--env=DM_DISABLE_UDEV=1"]  # nobody else makes files of devices there
    start = ["sh", "-c", _START % product.configure]
    machine.docker("run", "--detach", f"--name={_CONTAINER}", *options, product.image, *start)
    _wait(machine)
    environment = "".join(f"export {name}='{value}'\n" for name, value in machine.docker_environment().items())
    docker = attach().tools.docker
    stand_in = folder / "ssh"
    stand_in.write_text(
        f'#!/bin/sh\n{environment}shift 3\nexec {docker} exec -i {_CONTAINER} chroot {_ROOT} sh -c "$*"\n'
    )
    stand_in.chmod(0o700)


def _run(machine: Machine, script: str) -> None:
    machine.docker("exec", _CONTAINER, "chroot", _ROOT, "sh", "-c", script)


def _wait(machine: Machine) -> None:
    probe = ("exec", _CONTAINER, "rpcinfo", "-t", "127.0.0.1", "nfs", "4")
    eventually(
        lambda: machine.docker(*probe, check=False).returncode == 0, what="the handmade server to serve", within=60
    )


def _inside(do: Callable[[Machine], object], name: str = "storage") -> None:
    recorded = state.load()
    if recorded is None:
        raise LabError("no lab is up")
    namespace.ask_inside(recorded.holder, lambda: do(attach().machines[name]), within=120)


def _at_this_address(text: str) -> str:
    return re.sub(r"filer\.example\.org:[\w/]+", f"{ADDRESS}:{EXPORT}", text)


def main(power: str) -> None:
    """What a management controller does; this process is inside the lab already."""
    world = attach()
    if power == "off":
        world.cut_power("storage")
    else:
        world.restore_power("storage")
        world.machines["storage"].docker("start", _CONTAINER)
        _wait(world.machines["storage"])


if __name__ == "__main__":
    main(sys.argv[1])
