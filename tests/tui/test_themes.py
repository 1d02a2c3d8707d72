"""Themes: complete, and readable."""

import pytest
from textual.color import Color
from textual.theme import Theme

from plcmon.tui.command import THEMES as NAMES
from plcmon.tui.themes import CONTRAST, THEMES

READABLE = 4.5  # contrast of text, WCAG AA
FAINT = 3.0  # of what is marked as not in force


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2."""
    light, dark = sorted((luminance(Color.parse(c)) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: Color) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_commands_know_them_all() -> None:
    assert tuple(theme.name for theme in THEMES) == NAMES


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("tone", ["foreground", "error", "warning", "accent", "primary"])
def test_tones_can_be_read(theme: Theme, tone: str) -> None:
    assert theme.background is not None
    assert contrast(getattr(theme, tone), theme.background) >= READABLE


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_muted_text_can_be_read_on_header_and_cursor(theme: Theme) -> None:
    muted = theme.variables["text-muted"]

    for ground in (theme.background, theme.panel, theme.variables["block-cursor-background"]):
        assert contrast(muted, str(ground)) >= READABLE
    assert contrast(theme.variables["text-disabled"], str(theme.background)) >= FAINT


def test_all_themes_define_the_same_variables() -> None:
    assert len({frozenset(theme.variables) for theme in THEMES}) == 1


def test_high_contrast_is_high() -> None:
    assert contrast(str(CONTRAST.foreground), str(CONTRAST.background)) > 20
