"""The chat on the board: from a post to its author, the count in the header, the pages in the frame."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext
from posts.models import Post

from django_pairchat import get_room_model

from .conftest import Form, FormsOf, SignIn

OPEN = "/chat/open/"


@pytest.fixture
def wallet(db: None) -> Post:
    """Juwon's post about a wallet."""
    return Post.objects.get(title__startswith="Red wallet")


def buttons(forms_of: FormsOf, client: Client, post: Post) -> list[Form]:
    """The ways from this page into a chat."""
    page = client.get(post.get_absolute_url()).content.decode()
    return [form for form in forms_of(page) if form.action == OPEN]


def test_a_post_offers_a_chat_with_its_author(sign_in: SignIn, forms_of: FormsOf, wallet: Post) -> None:
    [button] = buttons(forms_of, sign_in("minji"), wallet)
    assert button.method == "post"
    assert button.fields["user"] == str(wallet.author.pk)


def test_the_author_is_offered_no_chat_with_herself(sign_in: SignIn, forms_of: FormsOf, wallet: Post) -> None:
    assert buttons(forms_of, sign_in("juwon"), wallet) == []


def test_a_stranger_is_asked_to_log_in_first_and_then_led_to_the_chat(
    client: Client, forms_of: FormsOf, wallet: Post
) -> None:
    assert buttons(forms_of, client, wallet) == []
    page = client.get(wallet.get_absolute_url()).content.decode()
    article = page.partition("<article")[2].partition("</article>")[0]
    assert f"/accounts/login/?next=/chat/open/%3Fuser%3D{wallet.author_id}%26topic%3D" in article.replace("%2F", "/")


def test_pressing_the_button_opens_a_room_about_the_post(sign_in: SignIn, forms_of: FormsOf, wallet: Post) -> None:
    client = sign_in("minji")
    [button] = buttons(forms_of, client, wallet)
    answer = client.post(button.action, button.fields)
    minji = User.objects.get(username="minji")
    room = get_room_model().objects.between(minji, wallet.author).get()
    assert room.topic == wallet
    assert answer["Location"] == f"/chat/rooms/{room.pk}/"
    page = client.get(answer["Location"]).content.decode()
    assert wallet.title in page
    assert f'href="{wallet.get_absolute_url()}"' in page


def test_pressing_it_again_opens_the_same_room(sign_in: SignIn, forms_of: FormsOf, wallet: Post) -> None:
    client = sign_in("minji")
    [button] = buttons(forms_of, client, wallet)
    places = {client.post(button.action, button.fields)["Location"] for _ in range(2)}
    assert len(places) == 1


def test_the_chat_outlives_the_post(sign_in: SignIn, forms_of: FormsOf, wallet: Post) -> None:
    client = sign_in("minji")
    [button] = buttons(forms_of, client, wallet)
    room_page = client.post(button.action, button.fields)["Location"]
    wallet.delete()
    answer = client.get(room_page)
    assert answer.status_code == 200
    assert wallet.title in answer.content.decode()


def header(client: Client, path: str = "/") -> str:
    page = client.get(path).content.decode()
    return page.partition("<header")[2].partition("</header>")[0]


def test_the_header_counts_conversations_with_something_new(sign_in: SignIn) -> None:
    assert ">1<" in header(sign_in("minji"))
    assert ">1<" not in header(sign_in("sora"))


def test_the_header_leads_to_the_chat_only_those_who_are_signed_in(sign_in: SignIn, client: Client) -> None:
    assert 'href="/chat/"' in header(sign_in("sora"))
    assert 'href="/chat/"' not in header(client)


@pytest.mark.parametrize("path", ["/chat/", "/chat/search/"])
def test_the_chat_is_inside_the_sites_own_frame(sign_in: SignIn, path: str) -> None:
    page = sign_in("minji").get(path).content.decode()
    assert page.count("<html") == page.count("<main") == 1
    assert 'class="site-header"' in page
    assert "board/board.css" in page
    assert "pairchat/pairchat.css" in page


def test_a_conversation_is_inside_the_frame_too(sign_in: SignIn) -> None:
    room = get_room_model().objects.get()
    page = sign_in("minji").get(f"/chat/rooms/{room.pk}/").content.decode()
    assert 'class="site-header"' in page
    assert "고래 모양이래요" in page


def test_the_chat_speaks_korean_as_the_site_does(sign_in: SignIn) -> None:
    client = sign_in("minji")
    client.post("/i18n/setlang/", {"language": "ko", "next": "/"})
    room = get_room_model().objects.get()
    page = client.get(f"/chat/rooms/{room.pk}/").content.decode()
    assert '<html lang="ko">' in page
    assert "로그아웃" in page
    with translation.override("ko"):
        korean = gettext("Write a message")
    assert korean != "Write a message"
    assert korean in page


def test_the_chat_asks_strangers_to_log_in(client: Client, db: None) -> None:
    assert client.get("/chat/")["Location"] == "/accounts/login/?next=/chat/"
