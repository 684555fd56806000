"""BPMN processes: models imported and deployed, instances run by a token engine with its state in tables."""
