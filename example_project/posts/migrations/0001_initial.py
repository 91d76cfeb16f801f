import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Post",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "kind",
                    models.CharField(choices=[("lost", "Lost"), ("found", "Found")], max_length=5, verbose_name="kind"),
                ),
                ("title", models.CharField(max_length=100, verbose_name="title")),
                (
                    "place",
                    models.CharField(
                        help_text="A station, a street, a café: as closely as you know it.",
                        max_length=100,
                        verbose_name="place",
                    ),
                ),
                ("body", models.TextField(max_length=4000, verbose_name="description")),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="posts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "post",
                "verbose_name_plural": "posts",
                "ordering": ("-created_at", "-pk"),
            },
        ),
    ]
