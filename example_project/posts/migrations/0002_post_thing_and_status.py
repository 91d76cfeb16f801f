from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("posts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="post",
            name="thing",
            field=models.CharField(
                blank=True,
                choices=[
                    ("keys", "Keys"),
                    ("wallet", "Wallet or card"),
                    ("bag", "Bag"),
                    ("device", "Phone or device"),
                    ("clothes", "Clothes"),
                    ("umbrella", "Umbrella"),
                    ("pet", "Pet"),
                ],
                default="",
                max_length=10,
                verbose_name="what it is",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="post",
            name="status",
            field=models.CharField(
                choices=[("open", "Open"), ("reserved", "Reserved"), ("returned", "Returned")],
                default="open",
                editable=False,
                max_length=10,
                verbose_name="status",
            ),
        ),
    ]
