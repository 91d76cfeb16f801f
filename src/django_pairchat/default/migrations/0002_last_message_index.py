from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pairchat", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="room",
            index=models.Index(fields=["last_message_at"], name="pairchat_ro_last_me_980967_idx"),
        ),
    ]
