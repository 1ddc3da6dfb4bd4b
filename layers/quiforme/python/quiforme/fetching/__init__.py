"""The producers' real files, fetched over https: what the internet can do wrong ends here as `Unfetchable`."""
