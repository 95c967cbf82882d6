#!/bin/sh
# Hook disk for a Linux server, below whose small exports linux-exports.sh or ganesha-exports.sh put a device of the device
# mapper: it answers with errors; then it works again, and its file system is repaired.
exec ssh -o BatchMode=yes "root@$NFS_SERVER" sh -s -- "'$NFS_DISK' '$NFS_EXPORT'" <<'SERVER'
set -eu
disk=$1 path=$2
device=$(basename "$path")
working=/run/$device.table

becomes() {
    dmsetup suspend --nolockfs --noflush "$device"
    dmsetup load "$device" --table "$1"
    dmsetup resume "$device"
}

case $disk in
fails)
    dmsetup table "$device" > "$working"
    becomes "0 $(cut -d ' ' -f 2 "$working") error"
    ;;
works)
    sync -f "$path" 2>/dev/null || true # what the kernel still keeps must not reach the mended disk
    # knfsd may hold files open for a client that has gone. Its tables hold the file system, too: they are emptied at
    # once, or within half a minute where they were told to just before.
    unlock=/proc/fs/nfsd/unlock_filesystem
    [ ! -e "$unlock" ] || echo "$path" > "$unlock"
    attempts=20
    until umount "$path" 2>/dev/null; do
        [ $((attempts -= 1)) -gt 0 ]
        sleep 2.5
        for table in /proc/net/rpc/nfsd.*/flush; do [ ! -e "$table" ] || echo 1 > "$table"; done
    done
    becomes "$(cat "$working")"
    e2fsck -fy "/dev/mapper/$device" >/dev/null || [ $? -le 2 ]
    mount -o usrquota "/dev/mapper/$device" "$path"
    ;;
esac
SERVER
