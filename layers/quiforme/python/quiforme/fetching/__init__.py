"""Downloads the producers' files over https; every network failure becomes `Unfetchable`."""
