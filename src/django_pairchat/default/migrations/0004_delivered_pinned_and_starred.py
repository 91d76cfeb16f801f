import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pairchat", "0003_message_album"),
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
                name="pairchat_ro_user1_i_4b6288_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                fields=["user2", "user2_archived", "user2_pinned", "last_message_at"],
                name="pairchat_ro_user2_i_1afaa3_idx",
            ),
        ),
        migrations.RemoveIndex(model_name="room", name="pairchat_ro_user1_i_b5dbc6_idx"),
        migrations.RemoveIndex(model_name="room", name="pairchat_ro_user2_i_3048ce_idx"),
        migrations.CreateModel(
            name="Star",
            fields=[
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="starred"),
                ),
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pairchat.message",
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
                "indexes": [models.Index(fields=["user", "created_at"], name="pairchat_st_user_id_0456ee_idx")],
                "constraints": [models.UniqueConstraint(fields=("user", "message"), name="pairchat_star_once")],
            },
        ),
    ]
