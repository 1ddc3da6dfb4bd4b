"""How fast it is, and against what: `make bench`."""
