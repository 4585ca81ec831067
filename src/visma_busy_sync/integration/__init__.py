"""The use cases: connect, import, order. Written once, as coroutines over ports; the shells run them."""
