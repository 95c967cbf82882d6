// Provisioner makes a directory on an NFS export for each claim of its storage classes, and does with it what the class
// says when the claim has gone. The export is mounted at /export.
//
// It understands these parameters of a StorageClass, as csi-driver-nfs does: subDir, with ${pvc.metadata.namespace},
// ${pvc.metadata.name} and ${pv.metadata.name} in it; onDelete, one of delete, archive and retain; mountPermissions.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const mounted = "/export"

func main() {
	config, err := rest.InClusterConfig()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the cluster cannot be reached:", err)
		os.Exit(1)
	}
	config.QPS, config.Burst = 50, 100 // or fifty claims at once would wait for their turn
	made := &directories{
		server: os.Getenv("NFS_SERVER"),
		path:   os.Getenv("NFS_PATH"),
		lie:    os.Getenv("LIE"),
	}
	controller.NewProvisionController(
		context.Background(),
		kubernetes.NewForConfigOrDie(config),
		os.Getenv("PROVISIONER"),
		made,
		controller.LeaderElection(false), // there is one
		controller.AddFinalizer(true),    // so that no volume goes before its directory
		controller.Threadiness(8),
		controller.RetryIntervalMax(10*time.Second),
	).Run(context.Background())
}
