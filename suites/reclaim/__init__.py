"""What becomes of a volume when its claim is deleted."""
