#!/bin/sh
# Hooks restart, kill and versions for a Linux server with systemd: systemd-service.sh restart|kill|versions.
exec ssh -o BatchMode=yes "root@$NFS_SERVER" sh -s -- "'$1' '${NFS_WITHOUT:-}'" <<'SERVER'
set -eu
file=/etc/nfs.conf.d/conformance.conf
case $1 in
kill)
    rpc.nfsd 0 # threads of the kernel, which no signal reaches
    systemctl kill --signal=KILL nfs-mountd.service nfsdcld.service
    ;;
restart)
    systemctl reset-failed 'nfs-*' nfsdcld.service
    systemctl restart nfsdcld.service nfs-mountd.service nfs-server.service
    ;;
versions)
    mkdir -p "$(dirname "$file")"
    rm -f "$file"
    [ -z "$2" ] || printf '[nfsd]\nvers%s=n\n' "$2" > "$file"
    systemctl restart nfs-server.service
    ;;
esac
SERVER
