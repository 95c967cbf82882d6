"""Everything the lab boots, built from package registries into a cache addressed by content."""
