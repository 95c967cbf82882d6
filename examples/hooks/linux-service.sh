#!/bin/sh
# Hooks restart, kill and versions for a Linux server without an init system: linux-service.sh restart|kill|versions.
exec ssh -o BatchMode=yes "root@$NFS_SERVER" sh -s -- "'$1' '${NFS_WITHOUT:-}'" <<'SERVER'
set -eu
daemons='^(rpc[.]mountd|nfsdcld)$'
case $1 in
kill)
    rpc.nfsd 0 # threads of the kernel, which no signal reaches
    pkill -KILL "$daemons"
    ;;
restart | versions)
    rpc.nfsd 0
    pkill "$daemons" || true
    nfsdcld
    rpc.nfsd ${2:+--no-nfs-version "$2"} 8
    rpc.mountd
    ;;
esac
SERVER
