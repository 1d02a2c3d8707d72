"""The API: the Desk on a unix socket, for scripts and for the faces in other processes."""
