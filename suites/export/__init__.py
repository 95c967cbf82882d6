"""The server's options, effective and not only configured."""
