from pathlib import Path

from tests.config.files import settings_of

TEXT = "[alerts]\nwebhook = 'https://hooks.example/T0KEN'\nheartbeat = 'https://beat.example/T0KEN'"


def test_repr_shows_no_secret(tmp_path: Path) -> None:
    assert "T0KEN" not in repr(settings_of(tmp_path, TEXT))


def test_secret_urls_can_still_be_used(tmp_path: Path) -> None:
    alerts = settings_of(tmp_path, TEXT).alerts

    assert alerts.webhook.get_secret_value() == "https://hooks.example/T0KEN"
