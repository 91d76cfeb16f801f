import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pairchat_notifications", "0002_sending_seq"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.TextField(verbose_name="address of the push service")),
                ("endpoint_hash", models.CharField(max_length=64, unique=True)),
                ("p256dh", models.CharField(max_length=100)),
                ("auth", models.CharField(max_length=40)),
                ("vapid_key", models.CharField(max_length=100)),
                ("device", models.CharField(blank=True, db_index=True, default="", max_length=32)),
                ("sign_in", models.CharField(blank=True, default="", max_length=64)),
                ("label", models.CharField(blank=True, default="", max_length=80, verbose_name="device")),
                ("stopped", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("seen_at", models.DateTimeField(verbose_name="last seen")),
                ("wait_until", models.DateTimeField(null=True, verbose_name="waits until")),
                ("delivered", models.JSONField(default=dict)),
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
                "verbose_name": "push subscription",
                "verbose_name_plural": "push subscriptions",
            },
        ),
    ]
