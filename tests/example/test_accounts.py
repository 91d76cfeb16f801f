"""Signing up, in and out."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from .conftest import PASSWORD, FormsOf, SignIn


def test_the_login_form_has_the_field_names_of_djangos_own_view(db: None, forms_of: FormsOf) -> None:
    page = Client().get("/accounts/login/").content.decode()
    [form] = [form for form in forms_of(page) if "password" in form.fields]
    assert form.method == "post"
    assert form.types["username"] == "text"
    assert form.types["password"] == "password"


def test_signing_in_leads_to_the_board(db: None) -> None:
    answer = Client().post("/accounts/login/", {"username": "minji", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_signing_in_leads_back_to_the_page_that_asked_for_it(db: None) -> None:
    values = {"username": "minji", "password": PASSWORD, "next": "/posts/new/"}
    answer = Client().post("/accounts/login/", values)
    assert answer["Location"] == "/posts/new/"


def test_a_wrong_password_signs_nobody_in(db: None) -> None:
    client = Client()
    answer = client.post("/accounts/login/", {"username": "minji", "password": "guess"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_logging_out_takes_a_post(sign_in: SignIn) -> None:
    client = sign_in("minji")
    assert client.get("/accounts/logout/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_signing_up_makes_an_account_and_signs_it_in(db: None) -> None:
    client = Client()
    password = "a-tag-on-every-umbrella"
    values = {"username": "haneul", "first_name": "하늘", "password1": password, "password2": password}
    answer = client.post("/accounts/sign-up/", values)
    assert answer.status_code == 302
    user = User.objects.get(username="haneul")
    assert user.get_full_name() == "하늘"
    assert client.session["_auth_user_id"] == str(user.pk)
