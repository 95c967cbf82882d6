"""The root of every pytest run: registers the judge and the fixtures."""

pytest_plugins = ["certify.plugin", "fixtures.plugin", "pytester"]
