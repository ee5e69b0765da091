"""What the tests of layers share."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def shorter(one_optimizer_step):
    """What is compared here is in the passes."""
