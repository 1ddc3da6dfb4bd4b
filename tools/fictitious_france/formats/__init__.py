"""One writer a producer: exact file name, header, quoting and encoding. What the rows say is decided elsewhere."""
