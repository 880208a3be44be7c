/** What an app does with the SDK: `java ScenarioKt URL EMAIL`. Prints the word of each step that is done. */
import java.util.UUID
import okhttp3.OkHttpClient
import org.example.profiles.apis.AuthApi
import org.example.profiles.apis.ExperiencesApi
import org.example.profiles.apis.JobsApi
import org.example.profiles.apis.PortabilityApi
import org.example.profiles.apis.ProfilesApi
import org.example.profiles.infrastructure.ApiClient
import org.example.profiles.infrastructure.ApiResponse
import org.example.profiles.infrastructure.ClientError
import org.example.profiles.infrastructure.ClientException
import org.example.profiles.infrastructure.Serializer
import org.example.profiles.infrastructure.Success
import org.example.profiles.models.*

/** What an answer holds; an error where the request was refused. */
fun <T : Any> ApiResponse<T?>.good(): T =
    checkNotNull((this as? Success)?.data) { "$statusCode ${(this as? ClientError)?.body}" }

fun ApiResponse<*>.etag(): String = checkNotNull(headers["etag"]).single()

/** The problem that a request is refused with. */
fun refusal(request: () -> Any?): ProblemDocument {
    val refused = runCatching(request).exceptionOrNull() as ClientException
    val body = (refused.response as ClientError<*>).body as String
    return Serializer.gson.fromJson(body, ProblemDocument::class.java).also { check(it.status == refused.statusCode) }
}

class Scenario(url: String, private val email: String) {
    private val client = OkHttpClient()
    private val auth = AuthApi(url, client)
    private val profiles = ProfilesApi(url, client)
    private val experiences = ExperiencesApi(url, client)
    private val portability = PortabilityApi(url, client)
    private val jobs = JobsApi(url, client)
    private lateinit var tokens: Tokens

    fun play() {
        register()
        val id = create()
        change(id)
        followJob(id)
        documents(id)
        refresh()
        readProblem(id)
        synchronise(id)
        remove(id)
    }

    private fun done(step: String) {
        println(step)
    }

    private fun log(given: Tokens) {
        tokens = given
        ApiClient.accessToken = given.accessToken
    }

    private fun register() {
        log(auth.authRegister(RegistrationRequest(email = email, password = "Analytical1843", fullName = "Ada")))
        done("register")
    }

    private fun create(): UUID {
        val profile = profiles.profilesCreate(career)
        check(profile.experiences.single().title == "Analyst")
        check(profile.skills.languages.single().proficiency == LanguageProficiency.NATIVE)
        check(profile.customFields == career.customFields)
        done("create")
        return profile.id
    }

    private fun change(id: UUID) {
        val made = experiences.experiencesBulkCreate(id, posts(3))
        check(made.map { it.title } == listOf("Post 0", "Post 1", "Post 2"))
        done("bulk")

        val read = profiles.profilesRetrieveWithHttpInfo(id, null)
        val changed = profiles.profilesPartialUpdate(id, ProfilePatchRequest(label = "Changed"), ifMatch = read.etag())
        check(changed.label == "Changed" && changed.version == read.good().version + 1)
        done("patch")

        val stale = refusal {
            profiles.profilesPartialUpdate(id, ProfilePatchRequest(label = "Late"), ifMatch = read.etag())
        }
        check(stale.status == 412 && stale.version == changed.version)
        done("stale")

        val tag = profiles.profilesRetrieveWithHttpInfo(id, null).etag()
        check(profiles.profilesRetrieveWithHttpInfo(id, ifNoneMatch = tag).statusCode == 304)
        done("unchanged")

        val ids = ExperienceIdsRequest(made.map { it.id })
        check(experiences.experiencesBulkDeleteWithHttpInfo(id, null, null, null, experienceIdsRequest = ids).statusCode == 204)
        done("bulk-delete")
    }

    private fun followJob(id: UUID) {
        // An answer without a body, since the SDK reads that of a 202 as the list that a 201 has.
        val prefer = "respond-async, return=minimal"
        val accepted = experiences.experiencesBulkCreateWithHttpInfo(id, posts(300), prefer, null, null)
        check(accepted.statusCode == 202)
        val location = checkNotNull(accepted.headers["location"]).single()
        var job = jobs.jobsRetrieve(UUID.fromString(location.substringAfterLast('/')))
        while (job.status == JobStatus.QUEUED || job.status == JobStatus.RUNNING) {
            Thread.sleep(100)
            job = jobs.jobsRetrieve(job.id)
        }
        check(job.status == JobStatus.SUCCEEDED && job.progress == JobProgress(done = 300, total = 300))
        check(job.result?.ids.orEmpty().size == 300)
        done("job")
    }

    private fun documents(id: UUID) {
        val resume = mapOf(
            "basics" to mapOf("name" to "Ada Lovelace"),
            "work" to listOf(mapOf("name" to "Engines", "position" to "Analyst", "startDate" to "1842")),
        )
        val imported = portability.profilesImport(resume)
        check(imported.report.mapped > 0)
        check(imported.profile.experiences.single().company == "Engines")
        done("import")

        val exported = portability.profilesExportJsonResume(imported.profile.id)
        check((exported["basics"] as Map<*, *>)["name"] == "Ada Lovelace")
        done("export")

        val pdf = portability.profilesExport(id, format = PortabilityApi.FormatProfilesExport.PDF)
        check(pdf.readBytes().take(4).toByteArray().decodeToString() == "%PDF")
        done("pdf")
    }

    private fun refresh() {
        log(auth.authRefresh(RefreshRequest(tokens.refreshToken)))
        check(auth.authMeRetrieve().email == email)
        done("refresh")
    }

    private fun readProblem(id: UUID) {
        val wrong = ExperienceRequest(title = "", company = "Engines", startDate = "then")
        val problem = refusal { experiences.experiencesBulkCreate(id, listOf(wrong)) }
        check(problem.status == 422)
        check(problem.errors.orEmpty().map { it.pointer } == listOf("/0/title", "/0/start_date"))
        done("problem")
    }

    private fun synchronise(id: UUID) {
        val revisions = profiles.profilesHistory(id).revisions
        check(revisions.last().version == 1 && revisions.first().actor.kind == ActorKind.JOB)
        done("history")

        val all = profiles.profilesChanges(id, limit = 1000)
        check(all.full && !all.hasMore)
        val language = all.changed.first { it.kind == ItemKind.LANGUAGES }
        done("pull")

        val edit = ChangeBodyRequest(
            kind = language.kind, id = language.id, base = language.version, set = mapOf("proficiency" to "fluent"),
        )
        val pushed = profiles.profilesPush(id, PushBodyRequest(listOf(edit)))
        check(pushed.results.single().status == ChangeStatus.APPLIED)
        check(profiles.profilesChanges(id, since = all.state).changed.map { it.id } == listOf(language.id))
        done("push")
    }

    private fun remove(id: UUID) {
        profiles.profilesDelete(id)
        check(refusal { profiles.profilesRetrieve(id) }.status == 404)
        done("delete")
    }
}

fun main(arguments: Array<String>) {
    val (url, email) = arguments
    Scenario(url, email).play()
}
