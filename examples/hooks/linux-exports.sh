#!/bin/sh
# Hook export_options for a Linux server: one file in /etc/exports.d for each directory that the suite asks for, and a
# small file system in a file where it asks for one. Its last line of output are the options in effect.
exec ssh -o BatchMode=yes "root@$NFS_SERVER" sh -s -- \
    "'$NFS_ACTION' '$NFS_EXPORT' '$NFS_OPTIONS' '$NFS_CLIENTS' '$NFS_MODE' '$NFS_LIMIT' '$NFS_QUOTA' '$NFS_DIRECTORY'" <<'SERVER'
set -eu
action=$1 path=$2 options=$3 clients=$4 mode=$5 limit=$6 quota=$7
place=$8$path # where it lies on the server's own file system
name=$(basename "$path")
file=/etc/exports.d/$name.exports
image=$place.image
mkdir -p /etc/exports.d
exec 9>/run/nfs-conformance.lock && flock -w 20 9

make_small() {
    truncate -s "${limit}M" "$image"
    mke2fs -q -F -t ext4 -m 0 -O quota -E quotatype=usrquota "$image"
    disk=$(losetup --find --show "$image")
    # With the device mapper in between, the hook disk can let it fail.
    dmsetup create "$name" --table "0 $(blockdev --getsz "$disk") linear $disk 0"
    mount -o usrquota "/dev/mapper/$name" "$place"
    rmdir "$place/lost+found"
    [ -z "$quota" ] || setquota -u "${quota%:*}" 0 "$((${quota#*:} * 1024))" 0 0 "$place"
}

case $action in
export)
    if [ ! -d "$place" ]; then
        mkdir -p "$place"
        [ -z "$limit" ] || make_small
        chmod "$mode" "$place"
    fi
    # Options that are left empty stand for the defaults of exports(5).
    echo "$path $clients${options:+($options)}" > "$file"
    sync "$file" "$place" # a power cut is to find the exports as they were
    exportfs -ra
    exportfs -s | awk -v path="$path" '$1 == path { sub(/^[^(]*[(]/, "", $2); sub(/[)]$/, "", $2); print $2 }'
    ;;
withdraw)
    rm -f "$file"
    exportfs -ra
    exportfs -f
    ;;
remove)
    rm -f "$file"
    exportfs -ra
    exportfs -f
    if mountpoint -q "$place"; then
        umount "$place" || umount -l "$place" # the server may hold it a moment longer
        for device in "$name-mended" "$name"; do
            [ ! -e "/dev/mapper/$device" ] || dmsetup remove --deferred "$device"
        done
        losetup --detach "$(losetup --noheadings --output NAME --associated "$image")"
        rm -f "$image"
    fi
    rm -rf "$place"
    ;;
esac
SERVER
