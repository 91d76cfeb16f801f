from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pairchat", "0007_room_legal_hold")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="topic_details",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]
