"""Every rule speaks every language, and no translation outlives the English it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts import rule_words
from alerts.rule_words import RuleWords
from telemetry.errors import SettingsError

ENGLISH = rule_words.english()
CHINESE = rule_words.translations("zh-Hans")


def test_every_rule_has_its_words_in_chinese_and_no_other_has() -> None:
    assert len(ENGLISH) == 37
    assert list(CHINESE) == list(ENGLISH)


@pytest.mark.parametrize("rule", sorted(ENGLISH))
def test_the_translation_is_of_todays_english(rule: str) -> None:
    translation, words = CHINESE[rule], ENGLISH[rule]
    assert translation.of == rule_words.fingerprint(words), (
        f"the English of {rule} has changed: look at its words in alerts/words/zh-Hans.toml, "
        f'then write of = "{rule_words.fingerprint(words)}" there'
    )
    assert len(translation.likely_causes) == len(words.likely_causes)
    for text in (translation.title, translation.action, translation.consequence, *translation.likely_causes):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text), text


def test_an_old_translation_gives_way_to_the_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (rule_words.FOLDER / "zh-Hans.toml").read_text("utf-8")
    old = text.replace(f'of = "{CHINESE["R10"].of}"', 'of = "00000000"')
    (tmp_path / "zh-Hans.toml").write_text(old, "utf-8")
    monkeypatch.setattr(rule_words, "FOLDER", tmp_path)
    words = rule_words.of_rules.__wrapped__("zh-Hans")
    assert words["R10"] == ENGLISH["R10"]
    assert words["R10"].language == "en"
    assert words["R11"].language == "zh-Hans"
    assert words["R11"].title == CHINESE["R11"].title


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zh-Hans.toml").write_text('[R10]\ntitle = "only this"\n', "utf-8")
    monkeypatch.setattr(rule_words, "FOLDER", tmp_path)
    with pytest.raises(SettingsError, match=r"zh-Hans\.toml.*of"):
        rule_words.translations("zh-Hans")


@pytest.mark.parametrize("change", [{"title": "x"}, {"action": "x"}, {"likely_causes": ["x"]}, {"consequence": "x"}])
def test_the_fingerprint_is_of_every_word(change: dict[str, object]) -> None:
    words = RuleWords(title="a", action="b", likely_causes=["c"], consequence="d")
    changed = RuleWords(**{"title": "a", "action": "b", "likely_causes": ["c"], "consequence": "d", **change})  # type: ignore[arg-type]
    assert rule_words.fingerprint(words) != rule_words.fingerprint(changed)
