"""The producers' files: one module per producer says where its file is published, how it is read, what it makes."""
