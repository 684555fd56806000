"""What the rules of a form do: the shared vectors, and that server and browser always agree."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from entente.kernel.expressions.values import Moment
from entente.kernel.metadata.effects import Effects, Surroundings, effects
from entente.kernel.metadata.forms import Rule

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "tests/vectors/form_rules.json").read_text(encoding="utf-8"))
MOMENT = Moment(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), ZoneInfo("Europe/Paris"))
AROUND = Surroundings({"language": "fr", "name": "Nadia"}, MOMENT)
NAMES = ("a", "b", "c", "d")


def shown(found: Effects) -> dict[str, Any]:
    return {
        "hidden": sorted(found.hidden),
        "required": sorted(found.required),
        "locked": sorted(found.locked),
        "limits": {name: list(options) for name, options in found.limits.items()},
        "values": {name: plain(value) for name, value in found.values.items()},
        "said": list(found.said),
    }


def plain(value: Any) -> Any:
    return float(value) if not isinstance(value, str | bool | None) else value


def on_the_server(vector: dict[str, Any]) -> dict[str, Any]:
    rules = msgspec.convert(vector["rules"], tuple[Rule, ...])
    return shown(effects(rules, vector["values"], vector["base"], AROUND))


def in_the_browser(vectors: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    file = folder / "vectors.json"
    file.write_text(json.dumps(vectors), encoding="utf-8")
    script = ROOT / "tests/vectors/form_rules.mjs"
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    assert node, "there is no Node: run script/setup"
    assert (ROOT / "frontend/node_modules/feelin").is_dir(), "the front-end packages are missing: run script/setup"
    done = subprocess.run([node, str(script), str(file)], capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    for each in found:
        each["values"] = {name: plain(value) for name, value in each["values"].items()}
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_rules_do_what_the_vector_says(vector: dict[str, Any]) -> None:
    nothing: dict[str, Any] = {"hidden": [], "required": [], "locked": [], "limits": {}, "values": {}, "said": []}
    assert on_the_server(vector) == {**nothing, **vector["expected"]}


def test_browser_agrees_on_the_vectors(tmp_path: Path) -> None:
    assert in_the_browser(VECTORS, tmp_path) == [on_the_server(vector) for vector in VECTORS]


# As a form's check demands, numbers are compared with numbers and texts with texts.
NUMBERS, TEXTS = ("a", "b"), ("c", "d")
atoms = st.one_of(
    st.builds("{} = {}".format, st.sampled_from(NUMBERS), st.sampled_from(["1", "2", "null"])),
    st.builds("{} {} {}".format, st.sampled_from(NUMBERS), st.sampled_from([">", "<="]), st.sampled_from(["1", "2"])),
    st.builds("{} in (1, 2)".format, st.sampled_from(NUMBERS)),
    st.builds("{} = {}".format, st.sampled_from(TEXTS), st.sampled_from(['"x"', '"y"', "null"])),
    st.sampled_from(["true", 'user.language = "fr"']),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not({})".format, inner),
    ),
    max_leaves=4,
)
fields = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True)
plain_rules = st.fixed_dictionaries(
    {"when": conditions, "then": st.sampled_from(["show", "hide", "require", "lock", "message"]), "fields": fields}
)
sets = st.one_of(
    [
        st.fixed_dictionaries(
            {
                "when": conditions,
                "then": st.just("set"),
                "fields": st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True),
                "value": st.sampled_from(made),
            }
        )
        for names, made in ((NUMBERS, ["1", "2", "null", "a"]), (TEXTS, ['"x"', '"z"', "null", "d"]))
    ]
)
limits = st.fixed_dictionaries(
    {
        "when": conditions,
        "then": st.just("limit"),
        "fields": fields,
        "options": st.lists(st.sampled_from(["x", "y", "z"]), unique=True),
    }
)
values = st.fixed_dictionaries(
    {name: st.sampled_from([None, 1, 2] if name in NUMBERS else [None, "x", "y"]) for name in NAMES}
)
vector_lists = st.lists(
    st.fixed_dictionaries(
        {"rules": st.lists(st.one_of(plain_rules, sets, limits), max_size=6), "values": values, "base": values}
    ),
    min_size=40,
    max_size=40,
)


# One process of the browser's engine looks at many rules at once; there is nothing small to shrink to.
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(vectors=vector_lists)
def test_server_and_browser_agree(vectors: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    there = in_the_browser(vectors, tmp_path_factory.mktemp("rules"))
    for vector, found in zip(vectors, there, strict=True):
        assert found == on_the_server(vector), vector
