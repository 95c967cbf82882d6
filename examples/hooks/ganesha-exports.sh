#!/bin/sh
# Hook export_options for nfs-ganesha with D-Bus: an EXPORT block in /etc/ganesha/exports for each directory that the suite
# asks for, and a small file system in a file where it asks for one. ganesha.conf ends with: %dir /etc/ganesha/exports
exec ssh -o BatchMode=yes "root@$NFS_SERVER" sh -s -- \
    "'$NFS_ACTION' '$NFS_EXPORT' '$NFS_OPTIONS' '$NFS_CLIENTS' '$NFS_MODE' '$NFS_LIMIT' '$NFS_QUOTA' '$NFS_DIRECTORY'" <<'SERVER'
set -eu
action=$1 path=$2 options=$3 clients=$4 mode=$5 limit=$6 quota=$7
place=$8$path # where it lies on the server's own file system
name=$(basename "$path")
number=$(($(printf %s "$path" | cksum | cut -d ' ' -f 1) % 65534 + 1))
file=/etc/ganesha/exports/$number.conf
image=$place.image
exec 9>/run/nfs-conformance.lock && flock -w 20 9

manage() {
    method=$1
    shift
    dbus-send --system --print-reply --dest=org.ganesha.nfsd /org/ganesha/nfsd/ExportMgr \
        "org.ganesha.nfsd.exportmgr.$method" "$@" >/dev/null
}

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

# From the words of exports(5) to those of ganesha-export-config(8).
access=ro squash=root_squash port=secure anonuid=65534 anongid=65534
for option in $(echo "$options" | tr ',' ' '); do
    case $option in
    ro | rw) access=$option ;;
    root_squash | no_root_squash | all_squash) squash=$option ;;
    secure | insecure) port=$option ;;
    anonuid=* | anongid=*) eval "${option%=*}=${option#*=}" ;;
    sync | no_subtree_check | no_all_squash | wdelay | no_wdelay | hide | fsid=*) ;; # as it is anyway
    *) echo "nfs-ganesha has no option $option" >&2 && exit 1 ;;
    esac
done

write_block() {
    cat > "$file" <<BLOCK
EXPORT {
    Export_Id = $number;
    Filesystem_Id = $number.$number;
    Path = "$place";
    Pseudo = "$path";
    Protocols = 3, 4;
    Squash = $squash;
    Anonymous_Uid = $anonuid;
    Anonymous_Gid = $anongid;
    PrivilegedPort = $([ $port = secure ] && echo true || echo false);
    Access_Type = None;
    FSAL { Name = VFS; }
    CLIENT { Clients = $(echo "$clients" | sed 's/ /, /g'); Access_Type = $access; }
}
BLOCK
    sync "$file" # a power cut is to find the exports as they were
}

case $action in
export)
    if [ ! -d "$place" ]; then
        mkdir -p "$place"
        [ -z "$limit" ] || make_small
        chmod "$mode" "$place"
        sync "$place"
    fi
    method=UpdateExport
    [ -e "$file" ] || method=AddExport
    write_block
    manage $method string:"$file" string:"EXPORT(Export_Id=$number)"
    others=no_all_squash # what exports(5) says of other users than root
    [ $squash != all_squash ] || others=root_squash
    echo "$access,sync,no_subtree_check,$port,$squash,$others,anonuid=$anonuid,anongid=$anongid"
    ;;
withdraw)
    manage RemoveExport uint16:"$number"
    rm -f "$file"
    ;;
remove)
    [ ! -e "$file" ] || manage RemoveExport uint16:"$number" || true
    rm -f "$file"
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
