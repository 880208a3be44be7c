"""What an app does with the SDK of openapi-python-client: `python scenario.py URL EMAIL`.

Prints the word of each step that is done.
"""

import sys
import time
from typing import TypeVar
from uuid import UUID

from profiles_sdk import AuthenticatedClient, Client, models as m
from profiles_sdk.api.auth import auth_me_retrieve, auth_refresh, auth_register
from profiles_sdk.api.experiences import experiences_bulk_create, experiences_bulk_delete
from profiles_sdk.api.jobs import jobs_retrieve
from profiles_sdk.api.portability import profiles_export, profiles_export_json_resume, profiles_import
from profiles_sdk.api.profiles import (
    profiles_changes,
    profiles_create,
    profiles_delete,
    profiles_history,
    profiles_partial_update,
    profiles_push,
    profiles_retrieve,
)
from profiles_sdk.types import File

Answer = TypeVar("Answer")

CAREER = m.ProfileRequest(
    label="For engineering",
    personal_info=m.PersonalInfoRequest(
        full_name="Ada Lovelace",
        email="ada@example.org",
        location="London",
        website="https://ada.example.org",
        links=[m.LinkRequest(network="Mathstodon", username="ada", url="https://mathstodon.example.org/@ada")],
    ),
    professional_summary="Writes programs for machines that are still to be built.",
    skills=m.SkillsRequest(
        technical=["Algorithms", "Analysis"],
        soft=["Patience"],
        details=[m.SkillDetailRequest(kind=m.SkillKind.TECHNICAL, name="Algorithms", level="Expert")],
        languages=[m.LanguageRequest(name="English", proficiency=m.LanguageProficiency.NATIVE)],
        certifications=[
            m.CertificationRequest(name="Mathematics", issuer="Augustus De Morgan", date_obtained="1841"),
        ],
    ),
    experiences=[
        m.ExperienceRequest(title="Analyst", company="Analytical Engines", start_date="1842-02", is_current=True)
    ],
    education=[m.EducationRequest(institution="At home", degree="None", field_of_study="Mathematics", start_date=None)],
    projects=[
        m.ProjectRequest(name="Note G", description="Computes the Bernoulli numbers.", technologies=["Punched cards"])
    ],
    volunteering=[m.VolunteeringRequest(organization="Library", role="Reader")],
    awards=[m.AwardRequest(title="First program")],
    publications=[m.PublicationRequest(name="Sketch of the Analytical Engine")],
    interests=[m.InterestRequest(name="Flight", keywords=["steam", "wings"])],
    references=[m.ProfessionalReferenceRequest(name="Charles Babbage", reference="The Enchantress of Numbers.")],
    custom_fields=m.ProfileRequestCustomFieldsType0.from_dict({"motto": {"text": "Order it."}, "salary": 1200}),
)


def jobs(count: int) -> list[m.ExperienceRequest]:
    """Some jobs; each has a title of its own."""
    return [m.ExperienceRequest(title=f"Post {n}", company="Engines", start_date="1843") for n in range(count)]


def done(step: str) -> None:
    """Tell that the step is done."""
    print(step, flush=True)


def is_a(kind: type[Answer], answer: object) -> Answer:
    """The answer, which must be one of these."""
    assert isinstance(answer, kind), answer
    return answer


class Scenario:
    """One person's use of the SDK."""

    def __init__(self, url: str, email: str) -> None:
        self.url = url
        self.email = email
        password = "Analytical1843"  # noqa: S105  # of a person who is made up here
        body = m.RegistrationRequest(email=email, password=password, full_name="Ada")
        self.use(auth_register.sync(client=Client(base_url=url), body=body))
        done("register")

    def use(self, tokens: object) -> None:
        """Go on with these tokens."""
        self.tokens = is_a(m.Tokens, tokens)
        self.client = AuthenticatedClient(base_url=self.url, token=self.tokens.access_token)

    def play(self) -> None:
        """Do all of it."""
        profile = self.create()
        self.change(profile)
        self.follow_job(profile)
        self.documents(profile)
        self.use(auth_refresh.sync(client=self.client, body=m.RefreshRequest(self.tokens.refresh_token)))
        assert is_a(m.Me, auth_me_retrieve.sync(client=self.client)).email == self.email
        done("refresh")
        self.read_problem(profile)
        self.synchronise(profile)
        assert profiles_delete.sync_detailed(profile, client=self.client).status_code == 204
        assert profiles_retrieve.sync_detailed(profile, client=self.client).status_code == 404
        done("delete")

    def create(self) -> UUID:
        """A profile with something in every section; its id."""
        made = is_a(m.Profile, profiles_create.sync(client=self.client, body=CAREER))
        assert made.experiences[0].title == "Analyst"
        assert made.skills.languages[0].proficiency == m.LanguageProficiency.NATIVE
        assert made.custom_fields.to_dict() == {"motto": {"text": "Order it."}, "salary": 1200}
        done("create")
        return made.id

    def change(self, profile: UUID) -> None:
        """Make, change, read again and delete, with versions."""
        made = experiences_bulk_create.sync(profile, client=self.client, body=jobs(3))
        assert isinstance(made, list), made
        assert [item.title for item in made] == ["Post 0", "Post 1", "Post 2"]
        done("bulk")

        tag = profiles_retrieve.sync_detailed(profile, client=self.client).headers["ETag"]
        body = m.ProfilePatchRequest(label="Changed")
        answer = profiles_partial_update.sync_detailed(profile, client=self.client, body=body, if_match=tag)
        changed = is_a(m.Profile, answer.parsed)
        assert changed.label == "Changed"
        done("patch")

        body = m.ProfilePatchRequest(label="Late")
        stale = profiles_partial_update.sync_detailed(profile, client=self.client, body=body, if_match=tag)
        assert stale.status_code == 412
        assert is_a(m.ProblemDocument, stale.parsed).version == changed.version
        done("stale")

        now = answer.headers["ETag"]
        assert profiles_retrieve.sync_detailed(profile, client=self.client, if_none_match=now).status_code == 304
        done("unchanged")

        ids = m.ExperienceIdsRequest(experience_ids=[item.id for item in made])
        assert experiences_bulk_delete.sync_detailed(profile, client=self.client, body=ids).status_code == 204
        done("bulk-delete")

    def follow_job(self, profile: UUID) -> None:
        """300 items, which a job makes."""
        job = is_a(m.JobDocument, experiences_bulk_create.sync(profile, client=self.client, body=jobs(300)))
        while job.status in {m.JobStatus.QUEUED, m.JobStatus.RUNNING}:
            time.sleep(0.1)
            job = is_a(m.JobDocument, jobs_retrieve.sync(job.id, client=self.client))
        assert job.status == m.JobStatus.SUCCEEDED, job
        assert job.result
        assert job.result.ids
        assert len(job.result.ids) == 300
        done("job")

    def documents(self, profile: UUID) -> None:
        """JSON Resume in and out, and a PDF."""
        body = m.JsonResume.from_dict({"basics": {"name": "Ada Lovelace"}, "work": [{"name": "Engines"}]})
        imported = is_a(m.Imported, profiles_import.sync(client=self.client, body=body))
        assert imported.report.mapped > 0
        done("import")

        resume = is_a(m.JsonResume, profiles_export_json_resume.sync(imported.profile.id, client=self.client))
        assert resume["basics"]["name"] == "Ada Lovelace"
        done("export")

        form = m.ProfilesExportFormat.PDF
        pdf = is_a(File, profiles_export.sync(profile, client=self.client, format_=form))
        assert pdf.payload.read().startswith(b"%PDF")
        done("pdf")

    def read_problem(self, profile: UUID) -> None:
        """A refusal, and which fields are at fault."""
        body = [m.ExperienceRequest(title="", company="Engines", start_date="then")]
        refused = experiences_bulk_create.sync_detailed(profile, client=self.client, body=body)
        assert refused.status_code == 422
        problem = is_a(m.ProblemDocument, refused.parsed)
        assert problem.errors
        assert [fault.pointer for fault in problem.errors] == ["/0/title", "/0/start_date"]
        done("problem")

    def synchronise(self, profile: UUID) -> None:
        """Read the history, pull, push, and pull again."""
        history = is_a(m.RevisionPage, profiles_history.sync(profile, client=self.client))
        assert history.revisions[-1].version == 1
        assert history.revisions[0].actor.kind == m.ActorKind.JOB
        done("history")

        full = is_a(m.Changes, profiles_changes.sync(profile, client=self.client, limit=1000))
        assert full.full
        assert not full.has_more
        language = next(item for item in full.changed if item.kind == m.ItemKind.LANGUAGES)
        done("pull")

        fields = m.ChangeBodyRequestSet.from_dict({"proficiency": "fluent"})
        edit = m.ChangeBodyRequest(kind=language.kind, id=language.id, base=language.version, set_=fields)
        pushed = is_a(
            m.PushResult, profiles_push.sync(profile, client=self.client, body=m.PushBodyRequest(changes=[edit]))
        )
        assert pushed.results[0].status == m.ChangeStatus.APPLIED
        later = is_a(m.Changes, profiles_changes.sync(profile, client=self.client, since=full.state))
        assert [item.id for item in later.changed] == [language.id]
        done("push")


if __name__ == "__main__":
    Scenario(*sys.argv[1:3]).play()
