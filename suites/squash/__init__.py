"""Who a client's users are on the server."""
