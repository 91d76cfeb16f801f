"""The board in the admin."""

from django.contrib import admin

from posts.models import Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    """Posts, newest first."""

    list_display = ("title", "kind", "status", "place", "author", "created_at")
    list_filter = ("kind", "status")
    list_select_related = ("author",)
    raw_id_fields = ("author",)
    search_fields = ("title", "body", "place")
