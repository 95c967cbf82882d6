"""File semantics between hosts that share an export."""
