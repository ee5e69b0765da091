"""Mistakes planted in convolution, pooling, recurrence, masks and attention are seen at the tensor where they are."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from handnn.proof.planted import table
from handnn.proof.planted.__main__ import main
from handnn.proof.planted.base import verified
from handnn.verify import verify_model

pytestmark = pytest.mark.filterwarnings("ignore:Layer 'flatten")  # it drops the mask
NAMES = [f"{plant.family}: {plant.name}" for plant in table.PLANTS]
BY_NAME = dict(zip(NAMES, table.PLANTS, strict=True))
each_plant = pytest.mark.parametrize("name", NAMES)


def test_names_are_different():
    assert len(BY_NAME) == len(table.PLANTS) and {plant.family for plant in table.PLANTS} == set(table.FAMILIES)


@pytest.mark.quick(2, cover={"name": lambda name: name.partition(":")[0]})
@each_plant
def test_a_mistake_is_located(name, keras):
    found = verified(BY_NAME[name])
    assert found.located, found


@pytest.mark.quick(1)
@each_plant
def test_without_the_mistake_nothing_is_off(name, keras):
    """The mistake is what is seen, and it is gone afterwards."""
    batch = BY_NAME[name].network()
    with BY_NAME[name].planted():
        pass
    report = verify_model(*batch, optimizer=False, whole=False)
    assert report.ok, report.verdict()


def test_the_command_prints_where_a_mistake_is_seen(keras, monkeypatch):
    done = CliRunner().invoke(main, ["--only", "upsampling"])
    assert done.exit_code == 0, done.output
    assert "pool dx" in done.output and "1 of 1 planted mistakes located" in done.output
    harmless = next(plant for plant in table.PLANTS if "upsampling" in plant.name)
    monkeypatch.setattr("handnn.proof.planted.__main__.PLANTS", [replace(harmless, wrong=lambda right: right)])
    done = CliRunner().invoke(main)
    assert done.exit_code == 1 and "NOWHERE" in done.output and "0 of 1" in done.output
