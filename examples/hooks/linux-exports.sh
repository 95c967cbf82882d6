#!/bin/sh
# Hook export_options for a Linux server: one file in /etc/exports.d for each directory that the suite asks for.
# Its last line of output are the options in effect.
exec ssh "root@$NFS_SERVER" sh -s -- "'$NFS_ACTION' '$NFS_EXPORT' '$NFS_OPTIONS' '$NFS_CLIENTS' '$NFS_MODE'" <<'SERVER'
set -eu
action=$1 path=$2 options=$3 clients=$4 mode=$5
file=/etc/exports.d/$(basename "$path").exports
mkdir -p /etc/exports.d
exec 9>/run/nfs-conformance.lock && flock -w 20 9
case $action in
export)
    [ -d "$path" ] || { mkdir -p "$path" && chmod "$mode" "$path"; }
    # Options that are left empty stand for the defaults of exports(5).
    echo "$path $clients${options:+($options)}" > "$file"
    sync "$file" "$path" # a power cut is to find the exports as they were
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
    rm -rf "$path"
    ;;
esac
SERVER
