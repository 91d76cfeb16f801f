import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NotificationSettings",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("channels", models.JSONField(blank=True, default=dict, verbose_name="channels")),
                ("archived", models.BooleanField(default=False, verbose_name="archived chats too")),
                ("quiet_from", models.TimeField(blank=True, null=True, verbose_name="quiet from")),
                ("quiet_until", models.TimeField(blank=True, null=True, verbose_name="quiet until")),
                ("time_zone", models.CharField(blank=True, default="", max_length=64, verbose_name="time zone")),
                ("language", models.CharField(blank=True, default="", max_length=35, verbose_name="language")),
            ],
            options={
                "verbose_name": "notification settings",
                "verbose_name_plural": "notification settings",
            },
        ),
        migrations.CreateModel(
            name="SweepProgress",
            fields=[
                ("channel", models.CharField(max_length=32, primary_key=True, serialize=False, verbose_name="channel")),
                ("since", models.DateTimeField()),
                ("seen_until", models.DateTimeField()),
                ("wide_at", models.DateTimeField()),
                ("complete_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "progress of the sweep",
                "verbose_name_plural": "progress of the sweeps",
            },
        ),
        migrations.CreateModel(
            name="RoomNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("room_key", models.CharField(max_length=64, verbose_name="room")),
                ("channel", models.CharField(max_length=32, verbose_name="channel")),
                ("notified_seq", models.PositiveBigIntegerField(default=0, verbose_name="told up to")),
                ("due_at", models.DateTimeField(null=True, verbose_name="due")),
                ("told_at", models.DateTimeField(null=True, verbose_name="last told")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="failed attempts")),
                ("claim", models.UUIDField(null=True)),
                ("sending", models.BooleanField(default=False)),
                ("doubts", models.PositiveSmallIntegerField(default=0)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "notification state",
                "verbose_name_plural": "notification states",
                "indexes": [models.Index(fields=["channel", "due_at"], name="pairchat_notice_due")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("room_key", "user", "channel"), name="pairchat_notifications_one_notice"
                    )
                ],
            },
        ),
    ]
