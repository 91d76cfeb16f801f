"""Addresses of offers and meetings."""

from django.urls import path

from deals import views

app_name = "deals"

urlpatterns = [
    path("offers/in/<str:key>/", views.offer_new, name="offer-new"),
    path("offers/answer/", views.offer_answer, name="offer-answer"),
    path("meetings/in/<str:key>/", views.meeting_new, name="meeting-new"),
    path("meetings/answer/", views.meeting_answer, name="meeting-answer"),
]
