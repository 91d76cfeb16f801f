import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("own_chat", "0003_message_album"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="room",
            name="user1_delivered",
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="room",
            name="user2_delivered",
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="room", name="user1_pinned", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            model_name="room", name="user2_pinned", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                fields=["user1", "user1_archived", "user1_pinned", "last_message_at"],
                name="own_chat_ro_user1_i_213bed_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                fields=["user2", "user2_archived", "user2_pinned", "last_message_at"],
                name="own_chat_ro_user2_i_45dd21_idx",
            ),
        ),
        migrations.RemoveIndex(model_name="room", name="own_chat_ro_user1_i_736ec3_idx"),
        migrations.RemoveIndex(model_name="room", name="own_chat_ro_user2_i_e862f4_idx"),
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="starred"),
                ),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("note", models.CharField(blank=True, default="", max_length=100)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="own_chat.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "star",
                "verbose_name_plural": "stars",
                "abstract": False,
                "indexes": [models.Index(fields=["user", "created_at"], name="own_chat_bo_user_id_f3c99c_idx")],
                "constraints": [models.UniqueConstraint(fields=("user", "message"), name="own_chat_bookmark_once")],
            },
        ),
    ]
