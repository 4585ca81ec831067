"""What is told about orders: preflight, billing proof, hours specification, an order as text."""
