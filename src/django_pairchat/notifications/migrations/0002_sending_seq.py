from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pairchat_notifications", "0001_initial"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="roomnotice",
            name="sending",
        ),
        migrations.AddField(
            model_name="roomnotice",
            name="sending_seq",
            field=models.PositiveBigIntegerField(default=0),
        ),
    ]
