#!/bin/sh
# Hooks restart, kill and versions for a Linux server without an init system: linux-service.sh restart|kill|versions.
exec ssh "root@$NFS_SERVER" sh -s -- "'$1' '${NFS_WITHOUT:-}'" <<'SERVER'
set -eu
case $1 in
kill)
    rpc.nfsd 0 # threads of the kernel, which no signal reaches
    pkill -KILL '^(rpc[.]mountd|nfsdcld)$'
    ;;
restart | versions)
    rpc.nfsd 0
    pgrep '^nfsdcld$' > /dev/null || nfsdcld
    pgrep '^rpc[.]mountd$' > /dev/null || rpc.mountd
    rpc.nfsd ${2:+--no-nfs-version "$2"} 8
    ;;
esac
SERVER
