"""The two who chat, and somebody of the staff."""

from django.contrib.auth import get_user_model

PASSWORD = "pairchat-demo"


def add(name):
    users = get_user_model()._default_manager
    user = users.model(
        **{users.model.USERNAME_FIELD: name, users.model.EMAIL_FIELD: f"{name.split('@')[0]}@example.com"}
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def add_staff(name="staff"):
    user = add(name)
    user.is_staff = user.is_superuser = True
    user.save()
    return user
