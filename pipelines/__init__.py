"""Moving data: sources, threads, files, the database and the command line."""
