"""Decision tables written in a few lines of text, as DMN files.

The first line names inputs, `:` types and, behind `>`, outputs; each further line is a rule, its cells between `|`.
"""

from xml.sax.saxutils import escape, quoteattr

DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def tabled(text: str, key: str = "d", policy: str = "UNIQUE", **more: str) -> bytes:
    """The DMN file of one table; `aggregation=`, and for each output `values_<name>=` and `default_<name>=`."""
    head, *lines = [line.strip() for line in text.strip().splitlines()]
    before, _, behind = head.partition(">")
    inputs = [input_of(each.strip()) for each in before.split("|") if each.strip()]
    outputs = [output_of(each.strip(), more) for each in behind.split("|")]
    rules = [rule(line, len(inputs)) for line in lines]
    gathers = f' aggregation="{more["aggregation"]}"' if "aggregation" in more else ""
    return (
        f'<definitions xmlns="{DMN}" id="{key}-file" name="{key}" namespace="urn:test">'
        f'<decision id="{key}" name="{key}"><variable name="{key}"/>'
        f'<decisionTable id="t" hitPolicy="{policy}"{gathers}>{"".join(inputs + outputs + rules)}</decisionTable>'
        "</decision></definitions>"
    ).encode()


def typed(name: str) -> tuple[str, str]:
    label, _, kind = name.partition(":")
    return label.strip(), f' typeRef="{kind.strip()}"' if kind else ""


def input_of(name: str) -> str:
    text, kind = typed(name)
    return (
        f"<input label={quoteattr(text)}><inputExpression{kind}><text>{escape(text)}</text></inputExpression></input>"
    )


def output_of(name: str, more: dict[str, str]) -> str:
    text, kind = typed(name)
    inner = (
        f"<outputValues><text>{escape(more[f'values_{text}'])}</text></outputValues>"
        if f"values_{text}" in more
        else ""
    )
    if f"default_{text}" in more:
        inner += f"<defaultOutputEntry><text>{escape(more[f'default_{text}'])}</text></defaultOutputEntry>"
    return f"<output name={quoteattr(text)}{kind}>{inner}</output>"


def rule(line: str, inputs: int) -> str:
    cells = [cell.strip() for cell in line.split("|")]
    made = [f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells[:inputs]]
    made += [f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in cells[inputs:]]
    return f"<rule>{''.join(made)}</rule>"
