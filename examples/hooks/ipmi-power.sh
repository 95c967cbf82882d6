#!/bin/sh
# Hook power_cut for a machine with a management controller: hard off, then on again and wait until it answers.
# IPMI_HOST, IPMI_USER and IPMI_PASSWORD are in the environment of the run.
set -eu
power() { ipmitool -I lanplus -H "$IPMI_HOST" -U "$IPMI_USER" -E chassis power "$1"; }
case $NFS_POWER in
off)
    power off
    until power status | grep -q 'is off'; do sleep 1; done
    ;;
on)
    power on
    until timeout 5 sh -c "rpcinfo -t '$NFS_SERVER' nfs" >/dev/null 2>&1; do sleep 1; done
    ;;
esac
