"""Pages on which forms are designed, looked at as others see them, and sent from inside the product."""
