import pytest

from plcmon.app.reading import read
from plcmon.errors import ConfigError
from tests.app.place import Place


def test_an_old_model_text_is_read_as_its_family(place: Place) -> None:
    place.write(more='[pcus.old]\nsite = "here"\nfamily = "Masterswitch"\nhost = "127.0.0.1"\n')

    _, inventory = read(place.config, {})

    assert [(p.family, p.model) for p in inventory.pcus.values() if p.name == "old"] == [
        ("apc", "Masterswitch")
    ]


def test_a_mistyped_family_is_refused(place: Place) -> None:
    place.write(more='[pcus.old]\nsite = "here"\nfamily = "ipmii"\nhost = "127.0.0.1"\n')

    with pytest.raises(ConfigError, match="did you mean ipmi"):
        read(place.config, {})
