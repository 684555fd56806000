"""What everyone sets for himself, and what administrators set for all."""
