"""What a record says of the suite itself."""

import subprocess
from pathlib import Path

import pytest

from certify import suite


def test_a_checkout_is_modified_by_what_runs_and_not_by_a_file_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "_CHECKOUT", tmp_path)
    assert suite.describe()["modified"] == "unknown"
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "test_it.py").touch()
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)
    (tmp_path / "my-product.toml").touch()
    assert suite.describe()["modified"] == "no"
    (tmp_path / "suites" / "test_more.py").touch()
    assert suite.describe()["modified"] == "yes"
