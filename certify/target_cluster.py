"""The target file's cluster, and the class in it whose volumes are judged."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from certify.requirement import MAY
from certify.target_section import EACH_ONCE, Section, one_of

DYNAMIC = "dynamic-provisioning"


class Toleration(Section):
    """A taint of nodes that pods may go to nevertheless."""

    key: str = Field(default="", description="of the taint; without one, any")
    operator: Literal["Equal", "Exists"] = Field(default="Equal", description="Exists: whatever the taint's value is")
    value: str = Field(default="", description="of the taint")
    effect: Literal["", "NoSchedule", "NoExecute", "PreferNoSchedule"] = Field(default="", description="of the taint")


class Cluster(Section):
    """The Kubernetes cluster that uses it."""

    kind: Literal["kind", "existing"] = Field(
        default="kind", description="kind: made by the suite. existing: one that is there already"
    )
    kubeconfig: str = Field(default="", description="existing: path of the kubeconfig file, never a default one")
    context: str = Field(default="", description="existing: the context to use; the current one does not count")
    service_account: bool = Field(
        default=False, description="existing: use the service account of the pod that the suite runs in instead"
    )
    may: Annotated[list[Annotated[str, one_of(MAY)]], EACH_ONCE] = Field(
        default=[], description=f"existing: what the suite may do there besides, of {', '.join(MAY)}"
    )
    prefix: str = Field(
        default="nfs-conformance-",
        pattern="^[a-z][a-z0-9-]{0,15}$",
        description="existing: how the names of namespaces and volumes begin",
    )
    image_prefix: str = Field(
        default="", description="existing: put before the images of pods, such as registry.example.org/mirror/"
    )
    pull_secret: str = Field(
        default="", description="existing: path of a Docker configuration file that pods are to pull images with"
    )
    namespace_labels: dict[str, str] = Field(default={}, description="existing: of each namespace of the suite's")
    namespace_annotations: dict[str, str] = Field(default={}, description="existing: of each namespace of the suite's")
    node_selector: dict[str, str] = Field(default={}, description="existing: labels of the nodes that pods may go to")
    tolerations: list[Toleration] = Field(default=[], description="existing: taints that keep no pods away")

    @model_validator(mode="after")
    def _say_which_it_is(self) -> Self:
        if self.kind == "kind" and self != Cluster.model_construct():
            given = ", ".join(sorted(self.model_fields_set - {"kind"}))
            raise ValueError(f'{given}: of kind = "existing" alone; kind is made by the suite')
        if self.kind == "existing" and self.service_account == bool(self.kubeconfig or self.context):
            raise ValueError('kind = "existing" needs kubeconfig and context, or service_account = true in a pod')
        if self.kind == "existing" and bool(self.kubeconfig) != bool(self.context):
            raise ValueError("kubeconfig and context belong together: no file is used by default, and no context of it")
        return self

    @property
    def identity(self) -> str:
        """Return what tells a cluster that is there already from others; "" for kind."""
        return f"existing {self.kubeconfig} {self.context}" if self.kind == "existing" else ""


class Storage(Section):
    """The StorageClass that makes volumes to order; where there is one, the area DYNAMIC is asked."""

    model_config = ConfigDict(populate_by_name=True)

    class_name: str = Field(
        default="", alias="class", description="of an existing cluster: the class whose volumes are to be judged"
    )
    own_provisioner: bool = Field(
        default=False,
        description="of the suite's own cluster: start a provisioner that makes directories on the server",
    )

    @property
    def is_dynamic(self) -> bool:
        """Return whether there is one."""
        return bool(self.class_name) or self.own_provisioner
