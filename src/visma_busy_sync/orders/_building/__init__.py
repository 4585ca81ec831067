"""From work to an order and to the draft that is sent: eligibility, prices, lines, texts."""
