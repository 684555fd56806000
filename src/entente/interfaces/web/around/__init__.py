"""What happens around records: what was said and done, what waits, who follows, which files hang there."""
