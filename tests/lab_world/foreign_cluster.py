"""The lab's cluster as somebody else's: known by a kubeconfig file alone, with the rights of the shipped role."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from lab import namespace, state
from lab.errors import LabError
from lab.eventually import eventually
from lab.world import World, attach
from tests.lab_world.suite_run import CHECKOUT

T = TypeVar("T")

CONTEXT = "staging"
# kind's control plane takes no pods but those that do not mind; the suite's may go there, or it had one node alone.
_EVERY_NODE = "tolerations = [{ key = 'node-role.kubernetes.io/control-plane', operator = 'Exists' }]"
OWNER = "org.nfs-conformance/owner"
_SETTLED = 60  # seconds for what was deleted to be gone
MANIFESTS = CHECKOUT / "manifests"
_ROLE = MANIFESTS / "rbac" / "suite.yml"
_FOLDER_OF_ARCHIVES = "/root"
_BELONGS_TO_NO_NAMESPACE = "namespaces,persistentvolumes,storageclasses,nodes,clusterroles,clusterrolebindings"


def grant(kubeconfig: Path, *more: str) -> None:
    """Create the suite's role as an administrator does, and `more` of those beside it.

    `kubeconfig` gets a token of its service account.
    """

    def write(world: World) -> None:
        for role in ("suite", *more):
            _kubectl(world, "apply", "--filename", str(_ROLE.with_name(f"{role}.yml")))
        account = ("suite", "--namespace", "nfs-conformance")
        token = _kubectl(world, "create", "token", *account, "--duration", "1h").strip()
        kubeconfig.write_text(yaml.safe_dump(_with_token(yaml.safe_load(_admin(world).read_text()), token)))

    _inside(write)


def section(kubeconfig: Path, more: str = "") -> str:
    """The section `cluster` of a target file, with further lines."""
    told = f"kind = 'existing'\nkubeconfig = '{kubeconfig}'\ncontext = '{CONTEXT}'\n"
    return f"[cluster]\n{told}{_EVERY_NODE}\n{more}\n"


def in_a_pod() -> str:
    """The same for the suite in a pod."""
    return f"[cluster]\nkind = 'existing'\nservice_account = true\n{_EVERY_NODE}\n"


def withdraw(resource: str) -> None:
    """Take the rights on a resource out of the role."""

    def change(world: World) -> None:
        role = next(part for part in yaml.safe_load_all(_ROLE.read_text()) if part["kind"] == "ClusterRole")
        role["rules"] = [rule for rule in role["rules"] if resource not in rule["resources"]]
        _kubectl(world, "replace", "--filename", "-", standard_input=json.dumps(role))

    _inside(change)


def give_image(archive: Path, node: str) -> None:
    """Have a node import the images of an archive, as its administrator does."""

    def give(world: World) -> None:
        machine = world.machines["cluster"]
        machine.docker("cp", str(archive), f"{node}:{_FOLDER_OF_ARCHIVES}/")
        inside = f"{_FOLDER_OF_ARCHIVES}/{archive.name}"
        machine.docker("exec", node, "ctr", "--namespace=k8s.io", "images", "import", "--local", inside)
        machine.docker("exec", node, "rm", inside)

    _inside(give, within=300)


def on_node(node: str, script: str, *arguments: str, check: bool = True) -> str:
    """What a shell script on a node prints, as its administrator runs it; without `check` nothing where it fails."""

    def run(world: World) -> str:
        command = ("exec", node, "sh", "-c", script, "sh", *arguments)
        done = world.machines["cluster"].docker(*command, check=check)
        return str(done.stdout) if done.returncode == 0 else ""

    return _inside(run)


def kubectl(*arguments: str, standard_input: str = "", within: float = 60) -> str:
    """What an administrator's kubectl prints; LabError with its complaint."""
    return _inside(
        lambda world: _kubectl(world, *arguments, standard_input=standard_input, within=within), within=within + 60
    )


def leave_something(name: str) -> None:
    """What a killed run would leave, and something of the same name that is not the suite's."""

    def make(world: World) -> None:
        for namespace_name in (name, f"{name}-of-others"):
            _kubectl(world, "create", "namespace", namespace_name)
        _kubectl(world, "label", "namespace", name, "org.nfs-conformance/owner=nfs-conformance")

    _inside(make)


def clean_up(target: Path) -> None:
    """Run the command as an operator does who can reach the cluster."""

    def run(world: World) -> None:  # noqa: ARG001
        command = [sys.executable, "-m", "fixtures", "clean-up", "--target", str(target)]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=110, check=False)
        if done.returncode:
            raise LabError(done.stdout + done.stderr)

    _inside(run)


def inventory() -> set[str]:
    """What belongs to no namespace: a line each, of kind, name, uid and labels, and whether pods may go to a node."""

    def look(world: World) -> set[str]:
        listed = json.loads(_kubectl(world, "get", _BELONGS_TO_NO_NAMESPACE, "--output", "json"))["items"]
        return {_line(item) for item in listed}

    return _inside(look)


def settled_inventory() -> set[str]:
    """The same, once nothing of the suite's is left in it."""
    return eventually(
        inventory,
        until=lambda now: not any(OWNER in line for line in now),
        what="the suite's namespaces and volumes to be gone",
        within=_SETTLED,
    )


def wait_until_as(before: set[str]) -> None:
    """Until the inventory is what it was."""
    eventually(
        lambda: inventory() ^ before,
        until=lambda changed: not changed,
        what="everything that belongs to no namespace to be as before",
        within=_SETTLED,
    )


def _line(item: dict[str, Any]) -> str:
    meta = item["metadata"]
    state_of = (meta.get("deletionTimestamp", ""), item.get("spec", {}).get("unschedulable", ""), meta.get("labels"))
    return " ".join(map(str, (item["kind"], meta["name"], meta["uid"], *state_of)))


def _with_token(admin: dict[str, Any], token: str) -> dict[str, Any]:
    return {
        **admin,
        "current-context": admin["current-context"],
        "contexts": [
            *admin["contexts"],
            {"name": CONTEXT, "context": {**admin["contexts"][0]["context"], "user": "s"}},
        ],
        "users": [*admin["users"], {"name": "s", "user": {"token": token}}],
    }


def _kubectl(world: World, *arguments: str, standard_input: str = "", within: float = 60) -> str:
    command = [str(world.tools.kubectl), f"--kubeconfig={_admin(world)}", *arguments]
    done = subprocess.run(command, input=standard_input, capture_output=True, text=True, timeout=within, check=False)
    if done.returncode:
        raise LabError(f"kubectl {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def _admin(world: World) -> Path:
    return world.folder / "kubeconfig"


def _inside(do: Callable[[World], T], within: float = 120) -> T:
    recorded = state.load()
    if recorded is None:
        raise LabError("no lab is up")
    return namespace.ask_inside(recorded.holder, lambda: do(attach()), within=within)
