"""The chat's endpoints within the documents that drf-spectacular and django-ninja make of a host's own API."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from django.test import override_settings
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from ninja import NinjaAPI
from openapi_spec_validator import validate
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from django_pairchat.openapi import merge_into

HOOKS = ["drf_spectacular.hooks.postprocess_schema_enums", "django_pairchat.openapi.drf_spectacular_hook"]


class Things(GenericAPIView):
    """A view of the host."""

    schema = AutoSchema()
    serializer_class = Serializer

    def get(self, request: Any) -> Response:
        """Answer nothing."""
        return Response()


class ShopAPI(NinjaAPI):
    """As the page on OpenAPI says."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """Return the document of the host and of the chat."""
        return merge_into(super().get_openapi_schema(**kwargs))


api = ShopAPI(urls_namespace="shop")


@api.get("/things")
def things(request: Any) -> None:
    """Answer nothing."""


urls = ModuleType("urls_with_an_api")
vars(urls)["urlpatterns"] = [
    path("things/", Things.as_view()),
    path("ninja/", api.urls),
    path("chat/", include("django_pairchat.urls")),
]
of_the_host = override_settings(ROOT_URLCONF=urls)


def is_whole(found: dict[str, Any], own: str) -> None:
    """Both are in a document that holds what OpenAPI asks for."""
    # As it is sent.
    found = json.loads(json.dumps(found))
    validate(found)
    assert own in found["paths"]
    described = found["paths"]["/chat/api/rooms/{room}/messages/"]["post"]
    assert described["operationId"] == "pairchat_send"
    assert described["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/PairchatSend"
    }


@of_the_host
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_drf_spectacular(version: str) -> None:
    spectacular_settings.apply_patches({"POSTPROCESSING_HOOKS": HOOKS, "OAS_VERSION": version})
    try:
        found = SchemaGenerator().get_schema(request=None, public=True)
    finally:
        spectacular_settings.clear_patches()
    assert found["openapi"] == version
    is_whole(found, "/things/")


@of_the_host
def test_django_ninja() -> None:
    is_whole(dict(api.get_openapi_schema()), "/ninja/things")
