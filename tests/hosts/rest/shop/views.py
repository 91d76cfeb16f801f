from listings.models import Listing
from rest_framework.generics import RetrieveAPIView
from rest_framework.serializers import ModelSerializer, SerializerMethodField

from django_pairchat.services import sign_topic


class ListingSerializer(ModelSerializer):
    chat_topic = SerializerMethodField()

    class Meta:
        model = Listing
        fields = ["title", "author", "chat_topic"]

    def get_chat_topic(self, listing):
        return sign_topic(listing, listing.author)


class ListingView(RetrieveAPIView):
    queryset = Listing.objects.select_related("author")
    serializer_class = ListingSerializer
