"""`make security`: the template, the packages and the repository looked through for known faults."""
