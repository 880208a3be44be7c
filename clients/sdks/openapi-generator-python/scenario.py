"""What an app does with the SDK of openapi-generator's `python`: `python scenario.py URL EMAIL`.

Prints the word of each step that is done.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import profiles_sdk as m

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
    custom_fields={"motto": {"text": "Order it."}, "salary": 1200},
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


def refusal(status: int, call: Callable[..., object], *arguments: object, **options: object) -> Any:
    """What is read of a refusal, which this call must get."""
    try:
        call(*arguments, **options)
    except m.ApiException as refused:
        problem, got = refused.data, refused.status
    else:
        problem, got = None, None
    assert got == status, (got, problem)
    return problem


def tag_of(answer: m.ApiResponse[m.Profile]) -> str:
    """The ETag that came with the profile; this SDK leaves the names of headers as they were sent."""
    return next(value for name, value in (answer.headers or {}).items() if name.lower() == "etag")


class Scenario:
    """One person's use of the SDK."""

    def __init__(self, url: str, email: str) -> None:
        self.email = email
        self.configuration = m.Configuration(host=url)
        client = m.ApiClient(self.configuration)
        self.auth = m.AuthApi(client)
        self.profiles = m.ProfilesApi(client)
        self.experiences = m.ExperiencesApi(client)
        self.jobs = m.JobsApi(client)
        self.portability = m.PortabilityApi(client)
        password = "Analytical1843"  # noqa: S105  # of a person who is made up here
        body = m.RegistrationRequest(email=email, password=password, full_name="Ada")
        self.use(self.auth.auth_register(body))
        done("register")

    def use(self, tokens: m.Tokens) -> None:
        """Go on with these tokens."""
        self.tokens = tokens
        self.configuration.access_token = tokens.access_token

    def play(self) -> None:
        """Do all of it."""
        profile = self.create()
        self.change(profile)
        self.follow_job(profile)
        self.documents(profile)
        self.use(self.auth.auth_refresh(m.RefreshRequest(refresh_token=self.tokens.refresh_token)))
        assert self.auth.auth_me_retrieve().email == self.email
        done("refresh")
        self.read_problem(profile)
        self.synchronise(profile)
        assert self.profiles.profiles_delete_with_http_info(profile).status_code == 204
        refusal(404, self.profiles.profiles_retrieve, profile)
        done("delete")

    def create(self) -> UUID:
        """A profile with something in every section; its id."""
        made = self.profiles.profiles_create(CAREER)
        assert made.experiences[0].title == "Analyst"
        assert made.skills.languages[0].proficiency == m.LanguageProficiency.NATIVE
        assert made.custom_fields == {"motto": {"text": "Order it."}, "salary": 1200}
        done("create")
        return made.id

    def change(self, profile: UUID) -> None:
        """Make, change, read again and delete, with versions."""
        made = self.experiences.experiences_bulk_create(profile, jobs(3))
        assert [item.title for item in made] == ["Post 0", "Post 1", "Post 2"]
        done("bulk")

        patch = self.profiles.profiles_partial_update_with_http_info
        tag = tag_of(self.profiles.profiles_retrieve_with_http_info(profile))
        changed = patch(profile, m.ProfilePatchRequest(label="Changed"), if_match=tag)
        assert changed.data.label == "Changed"
        done("patch")

        stale = refusal(412, patch, profile, m.ProfilePatchRequest(label="Late"), if_match=tag)
        assert is_a(m.ProblemDocument, stale).version == changed.data.version
        done("stale")

        refusal(304, self.profiles.profiles_retrieve, profile, if_none_match=tag_of(changed))
        done("unchanged")

        ids = m.ExperienceIdsRequest(experience_ids=[item.id for item in made])
        gone = self.experiences.experiences_bulk_delete_with_http_info(profile, experience_ids_request=ids)
        assert gone.status_code == 204
        done("bulk-delete")

    def follow_job(self, profile: UUID) -> None:
        """300 items, which a job makes."""
        answer: object = self.experiences.experiences_bulk_create(profile, jobs(300))
        job = is_a(m.JobDocument, answer)
        while job.status in {m.JobStatus.QUEUED, m.JobStatus.RUNNING}:
            time.sleep(0.1)
            job = self.jobs.jobs_retrieve(job.id)
        assert job.status == m.JobStatus.SUCCEEDED, job
        assert job.result
        assert job.result.ids
        assert len(job.result.ids) == 300
        done("job")

    def documents(self, profile: UUID) -> None:
        """JSON Resume in and out, and a PDF."""
        imported = self.portability.profiles_import({"basics": {"name": "Ada Lovelace"}, "work": [{"name": "Engines"}]})
        assert imported.report.mapped > 0
        done("import")

        resume: dict[str, Any] = self.portability.profiles_export_json_resume(imported.profile.id)
        assert resume["basics"]["name"] == "Ada Lovelace"
        done("export")

        pdf = self.portability.profiles_export(profile, format="pdf")
        assert pdf.startswith(b"%PDF")
        done("pdf")

    def read_problem(self, profile: UUID) -> None:
        """A refusal, and which fields are at fault."""
        body = [m.ExperienceRequest.model_construct(title="", company="Engines", start_date="2021-13")]
        problem = is_a(m.ProblemDocument, refusal(422, self.experiences.experiences_bulk_create, profile, body))
        assert problem.errors
        assert [fault.pointer for fault in problem.errors] == ["/0/title", "/0/start_date"]
        done("problem")

    def synchronise(self, profile: UUID) -> None:
        """Read the history, pull, push, and pull again."""
        history = self.profiles.profiles_history(profile)
        assert history.revisions[-1].version == 1
        assert history.revisions[0].actor.kind == m.ActorKind.JOB
        done("history")

        full = self.profiles.profiles_changes(profile, limit=1000)
        assert full.full
        assert not full.has_more
        language = next(item for item in full.changed if item.kind == m.ItemKind.LANGUAGES)
        done("pull")

        edit = m.ChangeBodyRequest(
            kind=language.kind, id=language.id, base=language.version, set={"proficiency": "fluent"}
        )
        pushed = self.profiles.profiles_push(profile, m.PushBodyRequest(changes=[edit]))
        assert pushed.results[0].status == m.ChangeStatus.APPLIED
        later = self.profiles.profiles_changes(profile, since=full.state)
        assert [item.id for item in later.changed] == [language.id]
        done("push")


if __name__ == "__main__":
    Scenario(*sys.argv[1:3]).play()
