"""The views: thin, since the pages are in `busy_pages` and what they do is in the library."""
