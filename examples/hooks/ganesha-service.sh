#!/bin/sh
# Hooks restart, kill and versions for nfs-ganesha without an init system: ganesha-service.sh restart|kill|versions.
exec ssh -o BatchMode=yes "root@$NFS_SERVER" sh -s -- "'$1' '${NFS_WITHOUT:-}'" <<'SERVER'
set -eu
config=/etc/ganesha/ganesha.conf

stop() {
    pkill "$1" -x ganesha.nfsd || true
    while pgrep -x ganesha.nfsd >/dev/null; do sleep 0.1; done
}

case $1 in
kill)
    stop -KILL
    ;;
restart | versions)
    stop -TERM
    [ -e "$config.whole" ] || cp "$config" "$config.whole"
    case $2 in
    '') change='' ;;
    3) change='s/^\( *Protocols\) = .*/\1 = 4;/' ;;
    4.0) change='s/^\( *Minor_Versions\) = .*/\1 = 1, 2;/' ;;
    4.1) change='s/^\( *Minor_Versions\) = .*/\1 = 0, 2;/' ;;
    4.2) change='s/^\( *Minor_Versions\) = .*/\1 = 0, 1;/' ;;
    esac
    sed "$change" "$config.whole" > "$config"
    ganesha.nfsd -f "$config" -L /var/log/ganesha.log -p /run/ganesha.pid
    until rpcinfo -t 127.0.0.1 nfs >/dev/null 2>&1; do sleep 0.1; done
    ;;
esac
SERVER
