"""BPMN 2.0 files: read into a frozen graph, and proved ready to run."""
