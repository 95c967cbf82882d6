"""MySQL and friends on a volume."""
