import django.db.models.deletion
import django.utils.timezone
import profiles_project.database.values
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                (
                    "email_key",
                    profiles_project.database.values.FoldedField(
                        editable=False, max_length=800, source="email", unique=True
                    ),
                ),
                ("full_name", models.CharField(max_length=100)),
                (
                    "is_active",
                    models.BooleanField(
                        default=True, help_text="Without it the person can't log in.", verbose_name="active"
                    ),
                ),
                (
                    "is_staff",
                    models.BooleanField(default=False, help_text="May enter the admin site.", verbose_name="staff"),
                ),
                (
                    "is_verified",
                    models.BooleanField(
                        default=False,
                        help_text="The e-mail address is known to be the person's own.",
                        verbose_name="verified",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=profiles_project.database.values.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("verify", "Confirm the e-mail address"),
                            ("reset", "Set a new password"),
                            ("change_email", "Confirm the new e-mail address"),
                            ("email_change_notice", "Notice of a change of e-mail address"),
                            ("password_notice", "Notice of a change of password"),
                        ],
                        max_length=20,
                    ),
                ),
                ("address", models.EmailField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "next_try_at",
                    models.DateTimeField(help_text="When the sweep files its task again, should it be unsent by then."),
                ),
                ("problem", models.CharField(blank=True, help_text="Why it will not be sent.", max_length=200)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["user", "kind", "-id"], name="mail_newest_of_kind"),
                    models.Index(
                        condition=models.Q(("problem", ""), ("sent_at__isnull", True)),
                        fields=["next_try_at"],
                        name="mail_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=profiles_project.database.values.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False)),
                ("last_used_at", models.DateTimeField()),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                ("token_id", models.UUIDField(default=profiles_project.database.values.new_id)),
                ("previous_token_id", models.UUIDField(blank=True, null=True)),
                ("rotated_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("revoked_at__isnull", False)), fields=["revoked_at"], name="session_revoked"
                    )
                ],
            },
        ),
    ]
