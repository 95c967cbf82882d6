"""Volumes that a StorageClass makes to order."""
