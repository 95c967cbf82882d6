"""NFSK8S-WORKLOAD-010"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.engines.engine import EngineImages
from fixtures.kube.manifests import load, merged, with_image
from fixtures.kube.namespace import Namespace
from fixtures.kube.pod import Pod
from fixtures.waiting.patience import PATIENCE, eventually, promised

# A registry that no world has: the top-level domain is reserved for that (RFC 2606).
ABSENT = "registry.invalid/nfs-conformance/absent"


@requirement(
    "NFSK8S-WORKLOAD-010",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy"],
    since="0.2",
    each_version=False,
)
def test_image_pull_policy_decides_where_images_come_from(
    namespace: Namespace, images: EngineImages, evidence: Evidence
) -> None:
    """imagePullPolicy decides whether an image comes from the node or a registry; for `:latest` its default is Always.

    Observed in the cluster: Never without the image on the node fails without asking a registry; IfNotPresent with it
    runs; Always asks the registry, and so does the default for `:latest` and for no tag, while the default for another
    tag is IfNotPresent. Each by the kubelet's own event and by what the API server filled in.
    """
    with evidence.step("an image that the node has, IfNotPresent"), promised("an image on the node is used"):
        _pod(namespace, "present", images.client, "IfNotPresent").wait_running()

    failing = {
        "never": (f"{ABSENT}:1", "Never", "Never", "ErrImageNeverPull"),
        "always": (f"{ABSENT}:1", "Always", "Always", "Failed to pull image"),
        "latest": (f"{ABSENT}:latest", None, "Always", "Failed to pull image"),
        "no-tag": (ABSENT, None, "Always", "Failed to pull image"),
        "other-tag": (f"{ABSENT}:1", None, "IfNotPresent", "Failed to pull image"),
    }
    pods = {name: _pod(namespace, name, image, asked) for name, (image, asked, _, _) in failing.items()}
    for name, (image, asked, policy, reason) in failing.items():
        found = pods[name].require()["spec"]["containers"][0]["imagePullPolicy"]
        evidence.expect(found == policy, f"the policy of {image}, asked {asked}", expected=policy, seen=found)
        with promised(f"the kubelet reports {reason} for {image} with {policy}"):
            events = _events(namespace, name, reason)
        evidence.attach(f"events-{name}.txt", "\n".join(events))
        asked_registry = any("Failed to pull image" in event for event in events)
        evidence.expect(
            asked_registry == (policy != "Never"),
            f"{policy} asks a registry for {image}",
            expected=policy != "Never",
            seen=events,
        )


def _events(namespace: Namespace, pod: str, reason: str) -> list[str]:
    return eventually(
        lambda: namespace.kube.events(namespace.name, pod),
        until=lambda events: any(reason in event for event in events),
        what=f"the event {reason} of the pod {pod}",
        within=PATIENCE.pod,
    )


def _pod(namespace: Namespace, name: str, image: str, policy: str | None) -> Pod:
    (document,) = load("image-pull-policy.yml")
    document = merged(with_image(document, image), {"metadata": {"name": name}})
    container = document["spec"]["containers"][0]
    document["spec"]["containers"] = [merged(container, {"imagePullPolicy": policy})]
    return namespace.create_pod(document)
