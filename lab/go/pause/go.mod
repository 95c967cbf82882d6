module example.invalid/nfs-conformance/pause

go 1.25
