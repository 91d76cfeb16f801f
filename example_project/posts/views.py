"""The pages of the board."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from posts.forms import FilterForm, PostForm
from posts.models import Post

POSTS_PER_PAGE = 12


def post_list(request: HttpRequest) -> HttpResponse:
    """The board, newest first."""
    form = FilterForm(request.GET)
    page = Paginator(form.posts(), POSTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "posts/list.html", {"form": form, "page": page, "kinds": Post.Kind.choices})


def post_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One post, with the way to its author."""
    post = get_object_or_404(Post.objects.select_related("author"), pk=pk)
    return render(request, "posts/detail.html", {"post": post, "statuses": Post.Status.choices})


@login_required
def post_create(request: HttpRequest) -> HttpResponse:
    """Write a post."""
    return edit_form(request, Post(author=request.user), _("Your post is on the board."))


@login_required
def post_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a post of one's own."""
    return edit_form(request, get_object_or_404(request.user.posts, pk=pk), _("Your changes are saved."))


def edit_form(request: HttpRequest, post: Post, done: str) -> HttpResponse:
    """Show the form for `post`, or store what was sent and say `done`."""
    form = PostForm(request.POST or None, instance=post)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, done)
        return redirect(post)
    return render(request, "posts/form.html", {"form": form, "post": post})


@login_required
@require_POST
def post_status(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that somebody is to have it, has it, or that it is open again."""
    post = get_object_or_404(request.user.posts, pk=pk)
    status = request.POST.get("status")
    if status not in Post.Status.values:
        return HttpResponseBadRequest()
    post.status = status
    post.save()
    messages.success(request, _("Your changes are saved."))
    return redirect(post)


@login_required
def post_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take a post of one's own down."""
    post = get_object_or_404(request.user.posts, pk=pk)
    if request.method == "POST":
        post.delete()
        messages.success(request, _("Your post is off the board."))
        return redirect("posts:list")
    return render(request, "posts/delete.html", {"post": post})
