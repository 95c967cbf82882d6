"""PersistentVolumes and claims."""
