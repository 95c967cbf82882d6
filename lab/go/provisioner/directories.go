package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const (
	onDelete = "onDelete"
	subDir   = "subDir"
	mode     = "mountPermissions"

	removing  = "delete"
	archiving = "archive"
	retaining = "retain"

	onDeleteNote = "org.nfs-conformance/on-delete"
)

// directories of claims, below the path that the server exports.
type directories struct {
	server string
	path   string
	lie    string
	turn   sync.Mutex // who looks whether a name is taken makes the directory before the next one looks
	shared string     // the directory that all get, in a world of that lie
}

// Provision makes the directory. A name that leads out of the export, or that another claim has, is refused.
func (d *directories) Provision(_ context.Context, asked controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	parameters := asked.StorageClass.Parameters
	then := parameters[onDelete]
	if then == "" {
		then = removing
	}
	if then != removing && then != archiving && then != retaining {
		return nil, controller.ProvisioningFinished, fmt.Errorf("%s=%q: use delete, archive or retain", onDelete, then)
	}
	permissions, err := permissionsOf(parameters)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	name, err := d.make(d.named(parameters[subDir], asked), permissions)
	if err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	options := asked.StorageClass.MountOptions
	if d.lie == "mount-options-are-dropped" {
		options = nil
	}
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: asked.PVName, Annotations: map[string]string{onDeleteNote: then}},
		Spec: v1.PersistentVolumeSpec{
			AccessModes:                   asked.PVC.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: asked.PVC.Spec.Resources.Requests[v1.ResourceStorage]},
			MountOptions:                  options,
			PersistentVolumeReclaimPolicy: *asked.StorageClass.ReclaimPolicy,
			PersistentVolumeSource: v1.PersistentVolumeSource{
				NFS: &v1.NFSVolumeSource{Server: d.server, Path: filepath.Join(d.path, name)},
			},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete does with the directory of a volume what its class said.
func (d *directories) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	name, err := filepath.Rel(d.path, volume.Spec.NFS.Path)
	if err != nil || !filepath.IsLocal(name) || name == "." {
		return fmt.Errorf("%s is no directory of this provisioner", volume.Spec.NFS.Path)
	}
	then := volume.Annotations[onDeleteNote]
	switch d.lie {
	case "on-delete-is-ignored":
		then = removing
	case "deletions-are-archived":
		then = archiving
	}
	place := filepath.Join(mounted, name)
	switch {
	case then == retaining, d.lie == "deletions-are-forgotten":
		return nil
	case then == archiving:
		err := os.Rename(place, filepath.Join(mounted, "archived-"+strings.ReplaceAll(name, "/", "-")+"-"+volume.Name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was done before the answer was lost
		}
		return err
	case d.lie == "deletions-take-neighbours":
		return removeAllIn(mounted)
	}
	return os.RemoveAll(place)
}

func removeAllIn(folder string) error {
	found, err := os.ReadDir(folder)
	for _, entry := range found {
		err = errors.Join(err, os.RemoveAll(filepath.Join(folder, entry.Name())))
	}
	return err
}

// named returns the directory's name below the export.
func (d *directories) named(template string, asked controller.ProvisionOptions) string {
	if template == "" {
		template = "${pvc.metadata.namespace}-${pvc.metadata.name}-${pv.metadata.name}"
	}
	return strings.NewReplacer(
		"${pvc.metadata.namespace}", asked.PVC.Namespace,
		"${pvc.metadata.name}", asked.PVC.Name,
		"${pv.metadata.name}", asked.PVName,
	).Replace(template)
}

func (d *directories) make(name string, permissions fs.FileMode) (string, error) {
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.lie == "directories-are-shared" {
		if d.shared == "" {
			d.shared = name
		}
		name = d.shared
	}
	escaping := d.lie == "names-lead-out"
	if !escaping && (!filepath.IsLocal(name) || filepath.Clean(name) != name || name == ".") {
		return "", fmt.Errorf("%s=%q leads out of the export", subDir, name)
	}
	place := filepath.Join(mounted, name)
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return "", err
	}
	err := os.Mkdir(place, 0o777)
	taken := errors.Is(err, fs.ErrExist)
	if taken && (escaping || d.shared != "" || d.lie == "names-are-given-twice") {
		return name, nil
	}
	if taken {
		return "", fmt.Errorf("directory %s is there already: a directory belongs to one claim", name)
	}
	if err != nil {
		return "", err
	}
	if d.lie == "directories-are-roots" {
		permissions = 0o700
	}
	return name, os.Chmod(place, permissions) // which the umask does not change
}

// permissionsOf a new directory, in octal digits; everybody may write without them, for nobody knows who the pods run as.
func permissionsOf(parameters map[string]string) (fs.FileMode, error) {
	said, there := parameters[mode]
	if !there {
		return 0o777, nil
	}
	permissions, err := strconv.ParseUint(said, 8, 9)
	if err != nil {
		return 0, fmt.Errorf("%s=%q: use octal digits, such as 0770", mode, said)
	}
	return fs.FileMode(permissions), nil
}
