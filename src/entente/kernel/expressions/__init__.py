"""The one expression language: a FEEL subset with one tree and several back-ends.

- `parser.parse(text) -> Node`, `parser.parse_tests(text)` for decision tables, `unparse.unparse(node)`
- `nodes.to_json(node)`, `nodes.from_json(body)`: the tree as JSON
- `check.check(node, scope, *, expect, place) -> Type`: types and permitted functions, against the metadata
- `evaluate.compile_python(node)(Context(values, moment)) -> Value`
- `sql.compile_sql(node, columns, moment) -> ColumnElement`
- `depends.reads(node)`: the paths it reads
- `filters.to_filter(node)`, `filters.from_filter(body)`: the form of a filter builder
- `odata.parse_odata(text) -> Node`: OData `$filter`
"""
