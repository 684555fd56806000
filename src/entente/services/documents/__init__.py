"""Files: kept once by content, proved to be what they claim, read with the record they hang on; and versions."""
