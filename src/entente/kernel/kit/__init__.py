"""Pure values that every floor uses: ids, clock, money, words, refusals, who is asking."""
