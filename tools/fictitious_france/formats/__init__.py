"""One writer per producer: exact file name, header, quoting and encoding. Other modules decide what the rows say."""
