from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pairchat_moderation", "0001_initial"),
    ]

    operations = [
        migrations.RenameField(model_name="case", old_name="held", new_name="kept"),
        migrations.AlterField(
            model_name="case",
            name="kept",
            field=models.BooleanField(default=False, verbose_name="kept"),
        ),
    ]
