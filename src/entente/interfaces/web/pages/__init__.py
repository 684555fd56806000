"""One file per kind of page; a page and its fragment are the same template."""
