"""What is known of an order once it was pushed: its states, what was seen of its draft, what it bills."""
