"""The control plane's parts: which run, which are missing, which are others than before."""

from fixtures.clusters.control_plane import changed_parts, missing_parts

ALL = {"etcd": "11", "kube-apiserver": "12", "kube-controller-manager": "13", "kube-scheduler": "14"}


def test_a_part_that_ended_is_noticed_whether_it_is_back_or_not() -> None:
    assert changed_parts(ALL, ALL) == []
    assert changed_parts(ALL, {**ALL, "etcd": "99"}) == ["etcd"]
    assert changed_parts(ALL, {name: pid for name, pid in ALL.items() if name != "etcd"}) == ["etcd"]


def test_every_part_must_run() -> None:
    assert missing_parts(ALL) == []
    assert missing_parts({"etcd": "11"}) == ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]
