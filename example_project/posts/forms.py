"""The form for a post, and the one that filters the list."""

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from posts.models import Post


class PostForm(forms.ModelForm):
    """What the author of a post fills in."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Post.Kind, widget=forms.RadioSelect)

    class Meta:
        model = Post
        fields = ("kind", "thing", "title", "place", "body")


class FilterForm(forms.Form):
    """Which posts to list."""

    kind = forms.ChoiceField(choices=Post.Kind, required=False, widget=forms.HiddenInput)
    words = forms.CharField(max_length=100, required=False)

    def posts(self) -> QuerySet[Post]:
        """The posts asked for; whatever cannot be understood does not narrow the list."""
        self.is_valid()
        posts = Post.objects.select_related("author")
        if kind := self.cleaned_data.get("kind"):
            posts = posts.filter(kind=kind)
        for word in self.cleaned_data.get("words", "").split():
            says = Q(title__icontains=word) | Q(body__icontains=word) | Q(place__icontains=word)
            posts = posts.filter(says)
        return posts
