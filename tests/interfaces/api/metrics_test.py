"""Figures for Prometheus: true, readable, and only where they were asked for."""

import re

import msgspec
import pytest
from litestar.testing import TestClient

from entente import app
from entente.interfaces.api.metrics import Meter, line
from tests.world.cast import World


def test_figures_are_served_when_switched_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.database, "settings", msgspec.structs.replace(world.database.settings, metrics=True))
    world.has("lead", "james", last_name="Berthier")
    with TestClient(app.build(world.database)) as client:
        client.get("/health")
        client.get("/api/v1/leads")
        answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert re.search(r'entente_requests_total\{door="api",method="GET",status="4xx",process="\d+"\} 1\n', answer.text)
    assert re.search(r'entente_request_seconds_bucket\{door="pages",le="\+Inf",process="\d+"\} \d', answer.text)
    assert 'entente_dead_jobs{organisation="main"} 0.0\n' in answer.text
    waiting = re.search(r'entente_outbox_entries\{organisation="main"\} (\d+)', answer.text)
    assert waiting
    assert int(waiting[1]) > 0
    samples = [each for each in answer.text.splitlines() if not each.startswith("#")]
    assert all(re.fullmatch(r'entente_\w+\{\w+="[^"]*"(,\w+="[^"]*")*\} [\d.e+-]+', each) for each in samples)


def test_figures_are_not_there_otherwise(world: World) -> None:
    with TestClient(app.build(world.database)) as client:
        answer = client.get("/metrics")
        assert answer.status_code == 404


def test_times_add_up_in_their_buckets() -> None:
    meter = Meter()
    for seconds in (0.02, 0.3, 60.0):
        meter.count("api", "GET", 200, seconds)
    text = "\n".join(meter.lines())
    assert 'le="0.025",' in text
    assert [int(each) for each in re.findall(r'_bucket\{.*le="(?:0\.025|0\.5|\+Inf)".* (\d+)', text)] == [1, 2, 3]
    assert line("x", {"a": 'b"\\\n'}, 1) == 'entente_x{a="b\\"\\\\\\n"} 1'
