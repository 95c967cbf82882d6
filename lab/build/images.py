"""The container images of the lab: node, NFS server and client, databases, and what a Kubernetes node starts with."""

from dataclasses import dataclass
from pathlib import Path

from lab.build import debian, golang, versions
from lab.build.archive import Image, Layer, tree, write_archive, write_layer
from lab.build.step import Step
from lab.build.workshop import Job

FILES = Path(__file__).parents[1] / "images"
THIS_FILE = Path(__file__)
BUILDERS = (THIS_FILE, THIS_FILE.with_name("archive.py"), THIS_FILE.with_name("debian.py"))
PATH_VARIABLE = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Before /usr/bin, where Debian has programs of the same names, written in Perl, that look for a host's databases.
POSTGRESQL_PATH = PATH_VARIABLE.replace("=", "=/usr/lib/postgresql/17/bin:", 1)
# Where servers have a data directory for MySQL.
PREPARED_MYSQL = "/usr/share/nfs-conformance/mysql.tar.gz"
# Labels: of node images of ours, which bring no network of pods; and of what an image was built from.
OWN_NODE, BUILD = "org.nfs-conformance.node", "org.nfs-conformance.build"
KUBERNETES_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd")


@dataclass(frozen=True)
class ImageNames:
    """References of the lab's images, the same in Engines and on nodes."""

    node: str
    nfs: str
    ganesha: str
    mysql: str
    recycler: str
    databases: dict[str, str]  # by their containers in manifests/databases.yml


def image_names() -> ImageNames:
    """The references that this checkout builds."""
    return ImageNames(
        node=f"kindest/node:{versions.section('kubernetes')['version']}",
        nfs="nfs-conformance/nfs:lab",
        ganesha="nfs-conformance/ganesha:lab",
        mysql=f"mysql:{versions.section('mysql')['version']}",
        recycler=versions.section("kubernetes")["recycler"],
        databases=_database_names(),
    )


def root(name: str, *hooks: str, files: Path | None = None) -> Step:
    """Product: `root.tar`, an installed system with the packages of a section of versions.toml.

    `hooks` are as in debian.root_filesystem; those that copy something in have it in the folder `files`.
    """

    def make(job: Job) -> None:
        debian.root_filesystem(job, name, hooks=hooks, files=files)

    parameters = [versions.section(name), hooks, debian.SLIM]
    return Step(f"root-{name}", make, sources=(files,) if files else (), parameters=parameters)


def node_root() -> Step:
    """The node's system: systemd with nothing enabled but what a node needs."""
    return root(
        "node",
        'rm -f "$1"/lib/systemd/system/multi-user.target.wants/* "$1"/etc/systemd/system/*.wants/* '
        '"$1"/lib/systemd/system/local-fs.target.wants/* "$1"/lib/systemd/system/sockets.target.wants/*udev* '
        '"$1"/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service '
        '"$1"/lib/systemd/system/basic.target.wants/*',
        'ln -sf /usr/lib/systemd/systemd "$1"/sbin/init',
        'mkdir -p "$1"/etc/kubernetes/manifests "$1"/etc/cni/net.d "$1"/etc/containerd/certs.d',
        'echo ReadKMsg=no >> "$1"/etc/systemd/journald.conf',
    )


def mysql_root() -> Step:
    """MySQL's server with the user of the official image (uid 999) and the image's start.

    Product besides: `data.tar.gz`, the data directory that this start makes of an empty one.
    """
    password = versions.section("mysql")["root_password"]
    return root(
        "mysql",
        'chroot "$1" groupadd --gid 999 mysql; chroot "$1" useradd --uid 999 --gid 999 --home-dir /var/lib/mysql mysql',
        'cd "$1"; mkdir -p var/lib/mysql var/lib/mysql-files; chown 999:999 var/lib/mysql var/lib/mysql-files',
        'rm -rf "$1"/usr/lib/mysql/plugin/debug "$1"/usr/share/mysql/mysql-test "$1"/usr/lib/debug',
        f"copy-in {debian.FILES}/usr /",
        # With --version the server that follows the initialisation ends at once.
        f'chroot "$1" env MYSQL_ROOT_PASSWORD={password} docker-entrypoint.sh mysqld --version',
        'find "$1"/var/lib/mysql -type f -exec fallocate --dig-holes {} \\;',  # zeros are unpacked faster
        'chroot "$1" tar --create --sparse --gzip --file /data.tar.gz --directory /var/lib/mysql .',
        f"download /data.tar.gz {debian.PRODUCT}/data.tar.gz",
        'rm -rf "$1"/data.tar.gz "$1"/var/lib/mysql/* "$1"/tmp/*',
        files=FILES / "mysql",
    )


def databases_root() -> Step:
    """PostgreSQL, MariaDB, Redis and SQLite with the user of the official images (uid 999).

    Without compiled queries (LLVM is a quarter of all), and without Perl, which only manages the databases of a host.
    """
    return root(
        "databases",
        'chroot "$1" groupadd --gid 999 database; chroot "$1" useradd --uid 999 --gid 999 database',
        'cd "$1"; rm -rf var/lib/postgresql etc/postgresql usr/lib/postgresql/*/lib/bitcode '
        "usr/lib/postgresql/*/lib/llvmjit* usr/lib/*/libLLVM* usr/lib/llvm-* usr/lib/*/libz3.so*",
        'cd "$1"; rm -rf usr/bin/perl5* usr/lib/*/libperl.so* usr/lib/*/perl usr/share/perl usr/share/i18n',
    )


def engine_images() -> Step:
    """Product: `node.tar`, `nfs.tar` and `ganesha.tar`, loaded into the Docker Engines of the machines."""
    return Step(
        "engine-images",
        _make_engine_images,
        needs=(*node_needs(), root("nfs"), root("ganesha"), mysql_root()),
        sources=(FILES / "node", *BUILDERS),
        parameters=versions.section("kubernetes"),
    )


def node_needs() -> tuple[Step, ...]:
    """What a node's image is made of."""
    return (node_root(), golang.kubernetes(), golang.containerd())


def node_images() -> Step:
    """Product: what the nodes' containerd imports: `system.tar` (every node), `workload.tar` (workers) and
    `databases.tar` (a node that a scenario wants them on)."""
    needs = (root("base"), root("nfs"), mysql_root(), databases_root(), golang.kubernetes(), golang.pause())
    return Step(
        "node-images",
        _make_node_images,
        needs=needs,
        sources=(FILES / "mysql", *BUILDERS),
        parameters=[versions.section("kubernetes"), versions.section("mysql")["version"], _database_names()],
    )


def _make_engine_images(job: Job) -> None:
    names = image_names()
    write_archive(job.folder / "node.tar", [node_image(job)])
    prepared = write_layer(job.scratch / "mysql-data.tar", {PREPARED_MYSQL: job.product("root-mysql") / "data.tar.gz"})
    write_archive(job.folder / "nfs.tar", [_nfs_image(job, names, prepared)])
    layers = (_root_layer(job, "root-ganesha"), prepared)
    ganesha = Image((names.ganesha,), layers, _shell_image(job))
    write_archive(job.folder / "ganesha.tar", [ganesha])


def node_image(job: Job, *more: Layer) -> Image:
    """The node, of the products of `node_needs`, with further layers above them."""
    section = versions.section("kubernetes")
    containerd, kubernetes = job.product("go-containerd"), job.product("go-kubernetes")
    files = tree(FILES / "node")
    files["/etc/containerd/config.toml"] = (
        (FILES / "node/etc/containerd/config.toml").read_text().replace("@PAUSE@", section["pause"]).encode()
    )
    files |= {f"/usr/local/bin/{name}": containerd / name for name in ("containerd", "containerd-shim-runc-v2", "ctr")}
    files |= {f"/usr/bin/{name}": "hyperkube" for name in ("kubelet", "kubeadm", "kubectl")}
    files["/usr/bin/hyperkube"] = kubernetes / "hyperkube"
    files["/kind/version"] = section["version"].encode()
    files |= {
        f"/etc/systemd/system/multi-user.target.wants/{unit}.service": f"/etc/systemd/system/{unit}.service"
        for unit in ("containerd", "import-images", "kubelet")
    }
    overlay = write_layer(job.scratch / "overlay.tar", files)
    return Image(
        (image_names().node,),
        (_root_layer(job, "root-node"), overlay, *more),
        {
            "Entrypoint": ["/usr/local/bin/entrypoint", "/sbin/init"],
            "StopSignal": "SIGRTMIN+3",
            "Env": [PATH_VARIABLE, "container=docker"],
            "Labels": {OWN_NODE: "true", BUILD: job.step.entry},
        },
    )


def _make_node_images(job: Job) -> None:
    names, section = image_names(), versions.section("kubernetes")
    kubernetes, base = job.product("go-kubernetes"), _root_layer(job, "root-base")
    programs: dict[str, Path | bytes | str] = {f"/usr/local/bin/{name}": "hyperkube" for name in KUBERNETES_PROGRAMS}
    programs["/usr/local/bin/hyperkube"] = kubernetes / "hyperkube"
    control_plane = Image(
        _control_plane_names(section),
        (base, write_layer(job.scratch / "kubernetes.tar", programs)),
        {"Env": [PATH_VARIABLE]},
    )
    coredns = Image(
        (section["coredns"],),
        (write_layer(job.scratch / "coredns.tar", {"/coredns": kubernetes / "coredns"}),),
        {"Entrypoint": ["/coredns"]},
    )
    pause = Image(
        (section["pause"],),
        (write_layer(job.scratch / "pause.tar", {"/pause": job.product("go-pause") / "pause"}),),
        {"Entrypoint": ["/pause"]},
    )
    recycler = Image((names.recycler,), (base,), {"Env": [PATH_VARIABLE], "Cmd": ["/bin/sh"]})
    write_archive(job.folder / "system.tar", [control_plane, coredns, pause, recycler])
    mysql = Image(
        (names.mysql,),
        (_root_layer(job, "root-mysql"),),
        {
            "Env": [PATH_VARIABLE],
            "Entrypoint": ["docker-entrypoint.sh"],
            "Cmd": ["mysqld"],
            "ExposedPorts": {"3306/tcp": {}},
            "Volumes": {"/var/lib/mysql": {}},
        },
    )
    write_archive(job.folder / "workload.tar", [mysql, _nfs_image(job, names)])
    databases = Image(
        tuple(names.databases.values()),
        (_root_layer(job, "root-databases"),),
        {"Env": [POSTGRESQL_PATH], "Cmd": ["/bin/sh"]},
    )
    write_archive(job.folder / "databases.tar", [databases])


def _nfs_image(job: Job, names: ImageNames, *more: Layer) -> Image:
    return Image((names.nfs,), (_root_layer(job, "root-nfs"), *more), _shell_image(job))


def _shell_image(job: Job) -> dict[str, object]:
    return {"Env": [PATH_VARIABLE], "Cmd": ["/bin/sh"], "Labels": {BUILD: job.step.entry}}


def _database_names() -> dict[str, str]:
    """One image answers to the names of the official images; of SQLite there is none."""
    section = versions.section("databases")
    official = {name: section[name] for name in ("postgresql", "mariadb", "redis")}
    return {**official, "sqlite": "nfs-conformance/sqlite:lab"}


def _control_plane_names(section: dict[str, str]) -> tuple[str, ...]:
    """What kubeadm of this version asks for; one image answers to all of it."""
    programs = [name for name in KUBERNETES_PROGRAMS if name != "etcd"]
    return (*[f"registry.k8s.io/{name}:{section['version']}" for name in programs], section["etcd"])


def _root_layer(job: Job, name: str) -> Layer:
    return Layer.of(job.product(name) / "root.tar")
