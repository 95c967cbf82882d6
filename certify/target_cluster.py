"""The target file's cluster, and the class in it whose volumes are judged."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from certify.target_section import EACH_ONCE, Section, one_of

DYNAMIC = "dynamic-provisioning"
# What disturbs others in a cluster that is there already, if only for a moment, or asks for trust.
MAY = ("privileged-pods", "cordon", "default-class", "default-namespace")


class Cluster(Section):
    """The Kubernetes cluster that uses it."""

    kind: Literal["kind", "existing"] = Field(
        default="kind", description="kind: made by the suite. existing: one that is there already"
    )
    kubeconfig: str = Field(default="", description="existing: path of the kubeconfig file, never a default one")
    context: str = Field(default="", description="existing: the context to use; the current one does not count")
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

    @model_validator(mode="after")
    def _say_which_it_is(self) -> Self:
        if self.kind == "kind" and self != Cluster.model_construct():
            raise ValueError(
                'kubeconfig, context, may, prefix and image_prefix are of kind = "existing"; kind is made by the suite'
            )
        if self.kind == "existing" and not (self.kubeconfig and self.context):
            raise ValueError('kind = "existing" needs kubeconfig and context')
        return self

    @property
    def identity(self) -> str:
        """Return what tells a cluster that is there already from others; "" for kind."""
        return f"{self.kubeconfig} {self.context}" if self.kind == "existing" else ""


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
