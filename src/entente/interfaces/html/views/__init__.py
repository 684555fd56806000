"""What the page templates are given: plain frozen structs, filled by the pages of the interfaces."""
