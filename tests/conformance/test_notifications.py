"""A person's notification settings, where the server has them."""

from .client import Frame, Socket
from .helpers import needs_feature

FIELDS = {"channels", "archived", "quiet", "time_zone", "language"}


def settings_of(socket: Socket) -> Frame:
    needs_feature(socket, "notifications")
    settings: Frame = socket.do("notifications")["notifications"]
    return settings


def test_the_settings_have_their_fields(mine: Socket) -> None:
    settings = settings_of(mine)
    assert settings.keys() == FIELDS
    for channel in settings["channels"]:
        assert channel.keys() == {"channel", "label", "on"}
        assert isinstance(channel["on"], bool)


def test_what_is_named_is_changed_and_taken_back(mine: Socket, theirs: Socket) -> None:
    before, peer = settings_of(mine), settings_of(theirs)
    wanted = {"archived": not before["archived"], "quiet": {"from": "23:00", "until": "06:30"}}
    try:
        changed = mine.do("change_notifications", **wanted)["notifications"]
        assert changed == {**before, **wanted}
        assert settings_of(mine) == changed
        assert settings_of(theirs) == peer
    finally:
        mine.do("change_notifications", archived=before["archived"], quiet=before["quiet"])
    assert settings_of(mine) == before


def test_one_switch_leaves_the_others(mine: Socket) -> None:
    before = settings_of(mine)
    for switch in before["channels"]:
        turned = {switch["channel"]: not switch["on"]}
        changed = mine.do("change_notifications", channels=turned)["notifications"]["channels"]
        assert [each["on"] for each in changed] == [
            each["on"] if each["channel"] != switch["channel"] else not each["on"] for each in before["channels"]
        ]
        mine.do("change_notifications", channels={switch["channel"]: switch["on"]})
    assert settings_of(mine) == before


def test_what_cannot_be_is_refused_and_nothing_is_changed(mine: Socket) -> None:
    before = settings_of(mine)
    for name, value in (
        ("channels", {"carrier pigeon": True}),
        ("archived", "yes"),
        ("quiet", {"from": "23:00"}),
        ("time_zone", "Middle/Earth"),
        ("language", "tlh"),
    ):
        error = mine.refused("bad_request", "change_notifications", **{"time_zone": "Asia/Seoul", name: value})
        assert error["field"] == name
        assert settings_of(mine) == before
