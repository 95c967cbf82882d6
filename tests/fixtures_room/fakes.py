"""Stand-ins at the room's seams: containers that remember what they were told, an API server in a dict."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fixtures.commands import CommandResult
from fixtures.engines.containers import ContainerSpec
from fixtures.kube.client import Document

Answer = Callable[[list[str]], str | CommandResult | None]


def result(out: str = "", code: int = 0, err: str = "") -> CommandResult:
    return CommandResult((), code, out.encode(), err.encode())


@dataclass
class FakeContainer:
    """Answers commands with `answer`, successfully and silently where that has nothing to say."""

    name: str = "container"
    answer: Answer = lambda _: None
    is_running: bool = True
    marks: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    commands: list[list[str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def read_file(self, path: str) -> bytes | None:
        return self.files.get(path)

    def exec(self, argv: list[str], timeout: float = 30) -> CommandResult:  # noqa: ARG002
        self.commands.append(argv)
        said = self.answer(argv)
        return said if isinstance(said, CommandResult) else result(said or "")

    def sh(self, script: str, *arguments: str, timeout: float = 30) -> CommandResult:
        return self.exec(["sh", "-c", script, "sh", *arguments], timeout)

    def labels(self) -> dict[str, str]:
        return self.marks

    def running(self) -> bool:
        return self.is_running

    def address(self, network: str) -> str:
        return self.addresses.get(network, "")

    def image_id(self) -> str:
        return "sha256:0"

    def logs(self, lines: int = 200) -> str:
        return f"log of {self.name}, {lines} lines"

    def start(self) -> None:
        self.told.append("start")
        self.is_running = True

    def pause(self) -> None:
        self.told.append("pause")

    def unpause(self) -> None:
        self.told.append("unpause")

    def restart(self) -> None:
        self.told.append("restart")

    def never_restart(self) -> None:
        self.told.append("never_restart")

    def stop(self) -> None:
        self.told.append("stop")

    def remove(self) -> None:
        self.told.append("remove")


@dataclass
class FakeContainers:
    """One Engine: `present` is there already, `made` is what `run` gives out."""

    present: list[FakeContainer] = field(default_factory=list)
    made: FakeContainer = field(default_factory=FakeContainer)
    specs: list[ContainerSpec] = field(default_factory=list)

    def find(self, labels: dict[str, str]) -> list[FakeContainer]:
        there = [one for one in self.present if "remove" not in one.told]
        return [one for one in there if labels.items() <= one.marks.items()]

    def run(self, spec: ContainerSpec) -> FakeContainer:
        self.specs.append(spec)
        return self.made

    def ensure_network(self, name: str) -> None:
        assert name

    def volume_folder(self, name: str, labels: dict[str, str]) -> str:
        assert labels
        return f"/volumes/{name}"


@dataclass
class FakeKube:
    """Objects by kind and name; `log` holds every change in order."""

    objects: dict[tuple[str, str], Document] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def put(self, kind: str, name: str, **more: Any) -> None:
        self.objects[kind, name] = {"kind": kind, "metadata": {"name": name}, "spec": {}, "status": {}, **more}

    def create(self, document: Document, namespace: str | None = None) -> Document:
        self.log.append(f"create {document['kind']} {document['metadata']['name']} in {namespace}")
        self.objects[document["kind"], document["metadata"]["name"]] = document
        return document

    def get(self, kind: str, name: str, namespace: str | None = None) -> Document | None:  # noqa: ARG002
        return self.objects.get((kind, name))

    def find(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Document]:  # noqa: ARG002
        return [document for (found, _), document in self.objects.items() if found == kind]

    def patch(
        self,
        kind: str,
        name: str,
        body: Document,
        namespace: str | None = None,  # noqa: ARG002
        subresource: str = "",
    ) -> Document:
        self.log.append(f"patch {kind} {name} {subresource}".rstrip())
        document = self.objects[kind, name]
        for part, value in body.items():
            document[part].update(value)
        return document

    def delete(self, kind: str, name: str, namespace: str | None = None, grace: int | None = None) -> None:  # noqa: ARG002
        self.log.append(f"delete {kind} {name}")
        self.objects.pop((kind, name), None)

    def events(self, namespace: str) -> list[str]:  # noqa: ARG002
        return [event["message"] for event in self.find("Event")]

    def wait(self, kind: str, name: str, namespace: str | None = None, **_: Any) -> Document | None:
        return self.get(kind, name, namespace)

    def wait_gone(self, kind: str, name: str, namespace: str | None = None) -> None:  # noqa: ARG002
        self.log.append(f"gone {kind} {name}")
