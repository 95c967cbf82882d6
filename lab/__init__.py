"""The world for hosts that lack one: two micro-VMs with a Docker Engine and kernel NFS each."""
