#!/bin/sh
# Hook disk for a Linux server, below whose small exports linux-exports.sh or ganesha-exports.sh put a device of the device
# mapper: it answers with errors; then one that works takes its place, and the file system is repaired.
exec ssh -o BatchMode=yes "root@$NFS_SERVER" sh -s -- "'$NFS_DISK' '$NFS_DIRECTORY$NFS_EXPORT'" <<'SERVER'
set -eu
disk=$1 place=$2
device=$(basename "$place")
working=/run/$device.table

case $disk in
fails)
    dmsetup table "$device" > "$working"
    dmsetup suspend --nolockfs --noflush "$device"
    dmsetup load "$device" --table "0 $(cut -d ' ' -f 2 "$working") error"
    dmsetup resume "$device"
    ;;
works)
    sync -f "$place" 2>/dev/null || true
    # knfsd's tables may hold the old file system for minutes. It can do no harm: below it is the failed disk for ever.
    umount "$place" 2>/dev/null || umount -l "$place"
    dmsetup create "$device-mended" --table "$(cat "$working")"
    e2fsck -fy "/dev/mapper/$device-mended" >/dev/null || [ $? -le 2 ]
    mount -o usrquota "/dev/mapper/$device-mended" "$place"
    ;;
esac
SERVER
