"""Joins that nothing can fill any more, told from those that work under way may still reach."""

from collections import defaultdict

from entente.services.processes.engine.state import State, Token, element_of, graph_of

Joins = dict[tuple[int, str], list[Token]]


def never_opened(state: State) -> list[Token]:
    """The tokens at parallel joins to which no token can bring what is missing, whatever goes on elsewhere.

    What runs in a scope is all that ever will: event sub-processes have scopes of their own, and put no token here.
    """
    joins = _joins(state)
    if not joins:
        return []
    waiting = {each.number for tokens in joins.values() for each in tokens}
    moving: dict[int, set[str]] = defaultdict(set)
    for token in state.tokens.values():
        if token.number not in waiting:
            moving[token.scope].add(token.element)
    while opened := [place for place, tokens in joins.items() if _may_open(state, tokens, moving[place[0]])]:
        for scope, element in opened:
            moving[scope].add(element)
            del joins[scope, element]
    return [token for tokens in joins.values() for token in tokens]


def _joins(state: State) -> Joins:
    found: Joins = defaultdict(list)
    for token in state.tokens.values():
        if token.state == "at_join" and element_of(state, token).kind == "parallelGateway":
            found[token.scope, token.element].append(token)
    return found


def _may_open(state: State, tokens: list[Token], moving: set[str]) -> bool:
    """Whether as many tokens as a join has flows are there or can still come; one that was put there came over none."""
    graph, join = graph_of(state, tokens[0].scope), element_of(state, tokens[0])
    came = {each.flow for each in tokens}
    coming = [flow for flow in join.incoming if flow not in came and not graph.leading[flow].isdisjoint(moving)]
    return len(came) + len(coming) >= len(join.incoming)
