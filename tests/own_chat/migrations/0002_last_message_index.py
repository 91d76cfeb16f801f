from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("own_chat", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="room",
            index=models.Index(fields=["last_message_at"], name="own_chat_ro_last_me_b1228b_idx"),
        ),
    ]
