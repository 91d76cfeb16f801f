from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("own_chat", "0002_last_message_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="album",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
    ]
