"""The review page: templates, static files and translations."""
