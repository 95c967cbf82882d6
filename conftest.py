"""The root of every pytest run: registers the judge and the fixtures."""

import pytest

pytest.register_assert_rewrite("fixtures")  # before its modules import each other
pytest_plugins = ["certify.plugin", "certify.markers", "fixtures.plugin", "pytester"]
