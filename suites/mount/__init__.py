"""The client: mounting, using and unmounting an export."""
