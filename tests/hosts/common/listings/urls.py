from django.urls import path
from django.views.generic import DetailView

from .models import Listing

urlpatterns = [path("listings/<int:pk>/", DetailView.as_view(model=Listing), name="listing")]
