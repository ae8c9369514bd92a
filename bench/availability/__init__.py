"""How many requests fail, and for how long none succeeds, while something happens to the lab."""
