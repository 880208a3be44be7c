import org.example.profiles.models.*

/** A profile in which every section has something. */
val career = ProfileRequest(
    label = "For engineering",
    personalInfo = PersonalInfoRequest(
        fullName = "Ada Lovelace",
        email = "ada@example.org",
        location = "London",
        website = "https://ada.example.org",
        links = listOf(
            LinkRequest(network = "Mathstodon", username = "ada", url = "https://mathstodon.example.org/@ada"),
        ),
    ),
    professionalSummary = "Writes programs for machines that are still to be built.",
    skills = SkillsRequest(
        technical = listOf("Algorithms", "Analysis"),
        soft = listOf("Patience"),
        details = listOf(SkillDetailRequest(kind = SkillKind.TECHNICAL, name = "Algorithms", level = "Expert")),
        languages = listOf(LanguageRequest(name = "English", proficiency = LanguageProficiency.NATIVE)),
        certifications = listOf(
            CertificationRequest(name = "Mathematics", issuer = "Augustus De Morgan", dateObtained = "1841"),
        ),
    ),
    experiences = listOf(
        ExperienceRequest(title = "Analyst", company = "Analytical Engines", startDate = "1842-02", isCurrent = true),
    ),
    education = listOf(
        EducationRequest(institution = "At home", degree = "None", fieldOfStudy = "Mathematics", startDate = "1835"),
    ),
    projects = listOf(
        ProjectRequest(
            name = "Note G", description = "Computes the Bernoulli numbers.", technologies = listOf("Punched cards"),
        ),
    ),
    volunteering = listOf(VolunteeringRequest(organization = "Library", role = "Reader")),
    awards = listOf(AwardRequest(title = "First program")),
    publications = listOf(PublicationRequest(name = "Sketch of the Analytical Engine")),
    interests = listOf(InterestRequest(name = "Flight", keywords = listOf("steam", "wings"))),
    references = listOf(
        ProfessionalReferenceRequest(name = "Charles Babbage", reference = "The Enchantress of Numbers."),
    ),
    customFields = mapOf(
        "motto" to mapOf("text" to "It can do whatever we know how to order it."),
        "salary" to 1200.0,
    ),
)

/** Some jobs; each has a title of its own. */
fun posts(count: Int): List<ExperienceRequest> =
    List(count) { ExperienceRequest(title = "Post $it", company = "Engines", startDate = "1843") }
