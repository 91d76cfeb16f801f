"""Addresses of the board."""

from django.urls import path

from posts import views

app_name = "posts"

urlpatterns = [
    path("", views.post_list, name="list"),
    path("posts/new/", views.post_create, name="create"),
    path("posts/<int:pk>/", views.post_detail, name="detail"),
    path("posts/<int:pk>/edit/", views.post_edit, name="edit"),
    path("posts/<int:pk>/status/", views.post_status, name="status"),
    path("posts/<int:pk>/delete/", views.post_delete, name="delete"),
]
