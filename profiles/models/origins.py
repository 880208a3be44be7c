"""What imports have brought into profiles, so that the next one from the same source knows it again."""

from typing import Any

from django.db import models

from profiles.modelfields import VerbatimJSONField
from profiles.models.career import Profile
from profiles_project.database import clock
from profiles_project.database.values import new_id


class Origin(models.Model):
    """What one source has brought into a profile: ids and fingerprints, never the values themselves (`merging`)."""

    class Source(models.TextChoices):
        """Where careers come from."""

        JSON_RESUME = "json-resume"
        LINKEDIN = "linkedin"
        REACTIVE_RESUME = "reactive-resume"
        FRESH = "fresh"
        RENDERCV = "rendercv"
        EUROPASS = "europass"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own: the constraint's begins with it.
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="origins", db_index=False)
    source = models.CharField(max_length=20, choices=Source)
    brought = VerbatimJSONField(default=dict)
    created_at = clock.Moment()
    updated_at = clock.Moment()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["profile", "source"], name="one_origin_a_source"),)

    def __str__(self) -> str:
        return f"{self.source} of {self.profile_id}"

    @classmethod
    def remember(cls, profile: Profile, source: str, brought: dict[str, Any]) -> None:
        """Keep what an import has brought, in place of what the one before did."""
        now = clock.now()
        values = {"brought": brought, "updated_at": now}
        new = {**values, "created_at": now}
        cls.objects.update_or_create(profile=profile, source=source, defaults=values, create_defaults=new)
