"""Only what pytest would run is a test."""

from __future__ import annotations

from homehd.safety import evidence
from homehd.safety.evidence import Evidence

SOURCE = '''
"""def test_in_a_docstring(): ..."""
# def test_in_a_comment(): ...
def test_one(): ...
async def test_two(): ...
class TestMany:
    def test_three(self): ...
    def helper(self): ...
class Fixture:
    def test_of_no_test_class(self): ...
def outer():
    def test_inside(): ...
'''


def test_functions_that_pytest_finds() -> None:
    assert evidence.functions(SOURCE) == {"test_one", "test_two", "test_three"}


def test_sentences_that_vitest_runs() -> None:
    source = """
describe("a tile", () => {
  it("turns stale", () => {
  it("says \\"no\\"", async () => {
  // it("is a comment", () => {
  it.skip("is left out", () => {
"""
    assert evidence.sentences(source) == {"turns stale", 'says \\"no\\"'}
    known = Evidence({"dashboard/tests/a.test.tsx": source, "dashboard/src/a.tsx": source}.get)
    assert known.has("dashboard/tests/a.test.tsx::turns stale")
    assert not known.has("dashboard/tests/a.test.tsx::a tile")
    assert not known.has("dashboard/src/a.tsx::turns stale")


def test_each_file_is_read_once_and_only_a_test_file_is() -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return SOURCE if path == "tests/test_a.py" else None

    known = Evidence(read)
    assert known.has("tests/test_a.py::test_one") and known.has("tests/test_a.py::test_two")
    assert not known.has("tests/test_a.py::test_inside")
    assert not known.has("tests/test_a.py")
    assert not known.has("tests/test_b.py::test_one")
    assert not known.has("alerts/engine.py::test_one") and not known.has("tests/rules/R01.toml::test_one")
    assert asked == ["tests/test_a.py", "tests/test_b.py"]
