"""The modeler of processes, with the words of its panel and of the diagram library."""
