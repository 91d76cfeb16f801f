"""Offers and meetings: how far they are is in their own rows, and the card in the chat shows it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from deals import actions
from deals.models import Meeting, Offer
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation
from posts.models import Post

from django_pairchat import get_message_model, services
from django_pairchat.exceptions import NotFound

from .conftest import SignIn

ANSWER, JSON = "/deals/offers/answer/", {"accept": "application/json"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A page of another test may have left its language."""
    with translation.override("en"):
        yield


@pytest.fixture
def minji(db: None) -> User:
    return User.objects.get(username="minji")


@pytest.fixture
def juwon(db: None) -> User:
    return User.objects.get(username="juwon")


@pytest.fixture
def wallet(db: None) -> Post:
    """Juwon's post about a wallet."""
    return Post.objects.get(title__startswith="Red wallet")


@pytest.fixture
def room(minji: User, juwon: User, wallet: Post) -> Any:
    """Minji asks Juwon about it."""
    return services.open_room(minji, juwon, topic=wallet)


@pytest.fixture
def offer(minji: User, room: Any) -> Offer:
    return actions.make_offer(minji, str(room.pk), uuid.uuid4(), 30_000)


@pytest.fixture
def meeting(minji: User, room: Any) -> Meeting:
    at = timezone.now() + timedelta(hours=2)
    return actions.suggest_meeting(minji, str(room.pk), uuid.uuid4(), at, "Exit 3")


def card_of(deal: Any) -> Any:
    return get_message_model().objects.get(pk=deal.card_id)


def state_of(deal: Any) -> tuple[str, str | None]:
    """How far it is, in its row and on its card."""
    deal.refresh_from_db()
    data = card_of(deal).data
    return (deal.state, None if data is None else data["state"])


def age(offer: Offer) -> None:
    Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now())


# The offer


def test_an_offer_is_a_card_in_the_chat(offer: Offer, minji: User) -> None:
    card = card_of(offer)
    assert (card.kind, card.content, card.sender) == ("offer", "Offer: 30,000 won", minji)
    assert card.data["price"] == "30,000"


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_the_other_person_answers_an_offer(offer: Offer, juwon: User, answer: str) -> None:
    actions.answer_offer(juwon, offer.pk, answer)
    state = {"accept": "accepted", "decline": "declined"}[answer]
    assert state_of(offer) == (state, state)


def test_its_maker_withdraws_an_offer(offer: Offer, minji: User) -> None:
    actions.answer_offer(minji, offer.pk, "withdraw")
    assert state_of(offer) == ("withdrawn", "withdrawn")


@pytest.mark.parametrize("answer", ["accept", "decline", "counter"])
def test_nobody_answers_an_offer_of_their_own(offer: Offer, minji: User, answer: str) -> None:
    with pytest.raises(actions.Refused):
        actions.answer_offer(minji, offer.pk, answer, 5)
    assert state_of(offer) == ("open", "open")


def test_another_price_is_an_offer_of_the_other_person(offer: Offer, minji: User, juwon: User) -> None:
    new = actions.answer_offer(juwon, offer.pk, "counter", 35_000)
    assert state_of(offer) == ("countered", "countered")
    assert (new.maker, new.price, state_of(new)) == (juwon, 35_000, ("open", "open"))
    actions.answer_offer(minji, new.pk, "accept")
    assert state_of(new) == ("accepted", "accepted")


@pytest.mark.parametrize("answer", ["accept", "decline", "counter"])
def test_pressing_twice_is_as_pressing_once(offer: Offer, juwon: User, answer: str) -> None:
    actions.answer_offer(juwon, offer.pk, answer, 5)
    before = list(get_message_model().objects.values_list("room", "seq", "rev"))
    actions.answer_offer(juwon, offer.pk, answer, 5)
    assert list(get_message_model().objects.values_list("room", "seq", "rev")) == before


def test_the_second_of_two_who_act_at_once_is_told(offer: Offer, minji: User, juwon: User) -> None:
    actions.answer_offer(minji, offer.pk, "withdraw")
    with pytest.raises(actions.Refused, match=r"withdrawn\.$"):
        actions.answer_offer(juwon, offer.pk, "accept")
    assert state_of(offer) == ("withdrawn", "withdrawn")


def test_an_offer_whose_time_is_over_cannot_be_accepted_and_its_card_says_so(offer: Offer, juwon: User) -> None:
    age(offer)
    with pytest.raises(actions.Refused, match="expired"):
        actions.answer_offer(juwon, offer.pk, "accept")
    assert state_of(offer) == ("expired", "expired")


def test_the_command_lets_offers_expire_once(offer: Offer) -> None:
    age(offer)
    assert (actions.expire_offers(), actions.expire_offers()) == (1, 0)
    assert state_of(offer) == ("expired", "expired")
    assert card_of(offer).rev == 2


def test_accepting_one_offer_closes_the_others_about_the_post(offer: Offer, juwon: User, wallet: Post) -> None:
    sora = User.objects.get(username="sora")
    her_room = services.open_room(sora, juwon, topic=wallet)
    hers = actions.make_offer(sora, str(her_room.pk), uuid.uuid4(), 40_000)
    actions.answer_offer(juwon, hers.pk, "accept")
    assert (state_of(hers)[0], state_of(offer)) == ("accepted", ("closed", "closed"))
    with pytest.raises(actions.Refused, match="no longer available"):
        actions.answer_offer(juwon, offer.pk, "accept")


def test_a_post_that_is_deleted_closes_what_is_open(offer: Offer, meeting: Meeting, wallet: Post, juwon: User) -> None:
    wallet.delete()
    assert (state_of(offer), state_of(meeting)) == (("closed", "closed"), ("cancelled", "cancelled"))
    with pytest.raises(actions.Refused):
        actions.answer_offer(juwon, offer.pk, "accept")


def test_a_card_that_is_deleted_is_an_offer_withdrawn(
    offer: Offer, minji: User, juwon: User, room: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.delete(minji, room, offer.card)
    assert state_of(offer) == ("withdrawn", None)
    with pytest.raises(actions.Refused):
        actions.answer_offer(juwon, offer.pk, "accept")


@pytest.mark.parametrize("blocker", ["minji", "juwon"])
def test_a_block_lets_nothing_be_agreed(offer: Offer, meeting: Meeting, room: Any, blocker: str) -> None:
    minji, juwon = room.user1, room.user2
    services.change_settings(User.objects.get(username=blocker), room, blocked=True)
    for act in (
        lambda: actions.answer_offer(juwon, offer.pk, "accept"),
        lambda: actions.answer_offer(juwon, offer.pk, "counter", 5),
        lambda: actions.answer_meeting(juwon, meeting.pk, "agree"),
        lambda: actions.make_offer(minji, str(room.pk), uuid.uuid4(), 5),
    ):
        with pytest.raises(actions.Refused, match="not possible in this chat"):
            act()
    assert (state_of(offer)[0], state_of(meeting)[0], Offer.objects.count()) == ("open", "open", 1)
    actions.answer_offer(minji, offer.pk, "withdraw")
    assert state_of(offer) == ("withdrawn", "withdrawn")


def test_other_people_do_not_learn_of_an_offer(offer: Offer, room: Any) -> None:
    sora = User.objects.get(username="sora")
    with pytest.raises(NotFound):
        actions.answer_offer(sora, offer.pk, "accept")
    with pytest.raises(NotFound):
        actions.make_offer(sora, str(room.pk), uuid.uuid4(), 5)
    with pytest.raises(NotFound):
        actions.answer_offer(sora, uuid.uuid4(), "accept")


# The pages


def test_an_offer_is_made_by_a_form_that_sends_it_once(sign_in: SignIn, room: Any) -> None:
    client = sign_in("minji")
    page = f"/deals/offers/in/{room.pk}/"
    form = client.get(page).context["form"]
    sent = {"offer": form["offer"].value(), "price": "30000"}
    places = {client.post(page, sent)["Location"] for _ in range(2)}
    assert places == {f"/chat/rooms/{room.pk}/#m-1"}
    assert Offer.objects.count() == 1


@pytest.mark.parametrize("price", ["", "0", "-5", "many", "100000001"])
def test_a_price_that_is_none_is_shown_again(sign_in: SignIn, room: Any, price: str) -> None:
    answer = sign_in("minji").post(f"/deals/offers/in/{room.pk}/", {"offer": str(uuid.uuid4()), "price": price})
    assert "price" in answer.context["form"].errors
    assert Offer.objects.count() == 0


def test_the_menu_of_a_chat_about_a_post_leads_there(sign_in: SignIn, room: Any, wallet: Post) -> None:
    client = sign_in("minji")
    links = [f"/deals/offers/in/{room.pk}/", f"/deals/meetings/in/{room.pk}/"]
    page = client.get(f"/chat/rooms/{room.pk}/").content.decode()
    assert all(link in page for link in links)
    wallet.delete()
    page = client.get(f"/chat/rooms/{room.pk}/").content.decode()
    assert not any(link in page for link in links)
    assert client.get(links[0]).status_code == 404


def test_a_button_leads_back_to_the_card(sign_in: SignIn, offer: Offer, room: Any) -> None:
    answer = sign_in("juwon").post(ANSWER, {"offer": str(offer.pk), "answer": "accept"})
    assert answer["Location"] == f"/chat/rooms/{room.pk}/#m-1"
    assert state_of(offer) == ("accepted", "accepted")


def test_a_refusal_is_a_page_and_for_the_script_a_sentence(sign_in: SignIn, offer: Offer, minji: User) -> None:
    actions.answer_offer(minji, offer.pk, "withdraw")
    client, sent = sign_in("juwon"), {"offer": str(offer.pk), "answer": "accept"}
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = client.post(ANSWER, sent, headers=browser)
    assert (page.status_code, "This offer was withdrawn." in page.content.decode()) == (409, True)
    spoken = client.post(ANSWER, sent, headers=JSON)
    assert (spoken.status_code, spoken.json()) == (409, {"message": "This offer was withdrawn."})


@pytest.mark.parametrize("sent", [{}, {"offer": "x"}, {"offer": str(uuid.uuid4()), "answer": "accept"}])
def test_a_button_of_nothing_is_answered_politely(sign_in: SignIn, sent: dict[str, str]) -> None:
    answer = sign_in("juwon").post(ANSWER, sent, headers=JSON)
    assert (answer.status_code, answer.json()) == (409, {"message": "This is not available any more."})


def test_a_button_does_nothing_in_the_name_of_who_signed_in_since(
    sign_in: SignIn, offer: Offer, meeting: Meeting, minji: User
) -> None:
    for kind, deal, answer in (("offer", offer, "accept"), ("meeting", meeting, "agree")):
        sent = {"as": str(minji.pk), kind: str(deal.pk), "answer": answer}
        response = sign_in("juwon").post(f"/deals/{kind}s/answer/", sent, headers=JSON)
        assert (response.status_code, "different account" in response.json()["message"]) == (409, True)
        assert state_of(deal) == ("open", "open")


def test_each_button_of_a_card_names_whose_page_it_is(
    sign_in: SignIn, offer: Offer, meeting: Meeting, room: Any, juwon: User
) -> None:
    page = sign_in("juwon").get(f"/chat/rooms/{room.pk}/").content.decode()
    forms = re.findall(r'<form class="deal-form".*?</form>', page, re.DOTALL)
    # Those of two cards, and of the templates for cards that come.
    assert len(forms) == 2 * (3 + 3)
    assert all(f'<input type="hidden" name="as" value="{juwon.pk}">' in form for form in forms)


def test_answering_asks_for_an_account(client: Client, offer: Offer) -> None:
    assert "/accounts/login/" in client.post(ANSWER, {"offer": str(offer.pk), "answer": "accept"})["Location"]
    assert state_of(offer) == ("open", "open")


def test_the_card_speaks_korean(sign_in: SignIn, offer: Offer, room: Any) -> None:
    client = sign_in("juwon")
    client.post("/i18n/setlang/", {"language": "ko", "next": "/"})
    page = client.get(f"/chat/rooms/{room.pk}/").content.decode()
    assert '<bdi data-pc-slot="data.price">30,000</bdi>원' in page
    with translation.override("ko"):
        assert Offer(price=5_000).summary() == "제안: 5,000원"


# The meeting


@pytest.mark.parametrize("answer", ["agree", "decline"])
def test_the_other_person_answers_a_meeting(meeting: Meeting, juwon: User, answer: str) -> None:
    actions.answer_meeting(juwon, meeting.pk, answer)
    state = {"agree": "agreed", "decline": "declined"}[answer]
    assert state_of(meeting) == (state, state)


@pytest.mark.parametrize("username", ["minji", "juwon"])
def test_either_person_cancels_a_meeting_that_was_agreed(meeting: Meeting, juwon: User, username: str) -> None:
    actions.answer_meeting(juwon, meeting.pk, "agree")
    actions.answer_meeting(User.objects.get(username=username), meeting.pk, "cancel")
    assert state_of(meeting) == ("cancelled", "cancelled")
    with pytest.raises(actions.Refused):
        actions.answer_meeting(juwon, meeting.pk, "agree")


def test_a_meeting_in_the_past_cannot_be_agreed_to(meeting: Meeting, juwon: User) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(at=timezone.now())
    with pytest.raises(actions.Refused, match="passed"):
        actions.answer_meeting(juwon, meeting.pk, "agree")


def test_a_meeting_is_suggested_by_a_form_for_a_time_to_come(sign_in: SignIn, room: Any) -> None:
    client, page = sign_in("minji"), f"/deals/meetings/in/{room.pk}/"
    sent = {"meeting": str(uuid.uuid4()), "place": "Exit 3", "at": "2020-01-01T10:00"}
    assert "at" in client.post(page, sent).context["form"].errors
    assert client.post(page, {**sent, "at": "2040-01-01T10:00"})["Location"] == f"/chat/rooms/{room.pk}/#m-1"
    meeting = Meeting.objects.get()
    assert (meeting.at.isoformat(), meeting.place) == ("2040-01-01T01:00:00+00:00", "Exit 3")
    assert card_of(meeting).content == "Meeting: Jan. 1, 2040, 10 a.m., Exit 3"


@pytest.mark.parametrize(
    ("cookie", "zone", "at"),
    [("Europe/Berlin", "Europe/Berlin", "09:00"), ("", "Asia/Seoul", "01:00"), ("America", "Asia/Seoul", "01:00")],
)
def test_a_time_is_read_in_the_zone_that_its_field_names(
    sign_in: SignIn, room: Any, cookie: str, zone: str, at: str
) -> None:
    client, page = sign_in("minji"), f"/deals/meetings/in/{room.pk}/"
    client.cookies["pairchat_timezone"] = cookie
    form = client.get(page).context["form"]
    assert form["at"].help_text == f"Time zone: {zone}"
    client.post(page, {"meeting": str(uuid.uuid4()), "place": "Exit 3", "at": "2040-01-01T10:00"})
    assert Meeting.objects.get().at.isoformat() == f"2040-01-01T{at}:00+00:00"


def test_the_command_reminds_of_a_meeting_once(meeting: Meeting, juwon: User, room: Any) -> None:
    call_command("tend_deals", verbosity=0)
    actions.answer_meeting(juwon, meeting.pk, "agree")
    for _ in range(2):
        call_command("tend_deals", verbosity=0)
    written = get_message_model().objects.filter(room=room, kind="system")
    assert [message.content for message in written] == [
        f"Do not forget: {meeting.summary().replace('Meeting:', 'Meeting agreed:')}"
    ]


@pytest.mark.parametrize("late", [timedelta(hours=4), timedelta(hours=-1)])
def test_nobody_is_reminded_too_early_or_too_late(meeting: Meeting, juwon: User, late: timedelta) -> None:
    actions.answer_meeting(juwon, meeting.pk, "agree")
    Meeting.objects.filter(pk=meeting.pk).update(at=timezone.now() + late)
    assert actions.remind_of_meetings() == 0
