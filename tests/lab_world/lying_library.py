"""A library that makes a server in user space lie: functions of libc answer that all is well and do nothing."""

import base64
import subprocess
from pathlib import Path

PLACE = "/usr/lib/lie.so"
FSYNC = ("fsync", "fdatasync", "syncfs", "sync_file_range")
CHOWN = ("chown", "fchown", "lchown", "fchownat")

# nfs-ganesha loads what works on file systems so that it takes libc's functions and no others.
_SEEN_BY_ALL = """#define _GNU_SOURCE
#include <dlfcn.h>
void *dlopen(const char *file, int flags) {
    void *(*real)(const char *, int) = (void *(*)(const char *, int)) dlsym(RTLD_NEXT, "dlopen");
    return real(file, flags & ~RTLD_DEEPBIND);
}
"""


def installing(functions: tuple[str, ...], folder: Path) -> str:
    """The shell command that installs the library on the server; it is built in `folder`, on the host."""
    source, library = folder / "lie.c", folder / "lie.so"
    source.write_text(_SEEN_BY_ALL + "".join(f"int {function}() {{ return 0; }}\n" for function in functions))
    build = ["gcc", "-shared", "-fPIC", "-fno-builtin", "-s", "-o", str(library), str(source), "-ldl"]
    subprocess.run(build, check=True, timeout=60)
    return f"echo {base64.b64encode(library.read_bytes()).decode()} | base64 -d > {PLACE}"
