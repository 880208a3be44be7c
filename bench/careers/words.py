"""The words that invented careers are made of, some with umlauts, quotes and apostrophes in them."""

# ruff: noqa: SIM905  # words side by side read better than a list with a line for each

import json
import random
from collections.abc import Iterable
from typing import NamedTuple

FIRST_NAMES = (
    "Ada Björn Chloé Dörte Émile Frauke Günther Hélène Ísabel Jörg Käthe Łukasz Märta Niño Özlem Paul Qiu Renée "
    "Søren Tomás Ursula Věra Wanda Xóchitl Yusuf Zoë Grace Alan Edith Linus"
).split()
LAST_NAMES = (
    "Lovelace Müller Nuñez O'Brien Păun Quist Rößler Schäfer Turing Ünal Vidal Weiß Yılmaz Zimmermann Hopper Björk "
    "Çelik Dvořák Ekström Fröhlich Gómez Håkansson Ibsen Jönsson Köhler Löfgren Mäkinen Nørgaard Öberg Sørensen"
).split()
CITIES = (
    "Zürich Köln München Genève Malmö Århus Kraków Bogotá Lisboa Wien London Berlin Québec Tromsø Łódź Sevilla"
).split()
COUNTRIES = ("AT", "CA", "CH", "CO", "DE", "DK", "ES", "GB", "NO", "PL", "PT", "SE")
COMPANIES = (
    'Müller & Söhne;Analytical Engines Ltd;Nordlicht Software GmbH;Çelik Lojistik;"Vier Augen" Prüfung AG;'
    "O'Neill Freight;Société Générale de Logiciels;Blåbær Data;Grün & Partner;Ponte Nova Sistemas;Harbour Analytics;"
    "Køben Mobility;Río Verde Energía;Tåg och Spår AB;Lighthouse Health;Kestrel Robotics"
).split(";")
TITLES = (
    "Software Engineer;Senior Software Engineer;Data Analyst;Site Reliability Engineer;Engineering Manager;"
    "Product Designer;Database Administrator;Research Assistant;Technical Writer;Security Engineer;"
    "Softwareentwickler für Prüfsysteme;Head of Platform"
).split(";")
INDUSTRIES = "Computing;Logistics;Energy;Banking;Health;Public transport;Maschinenbau;Éducation".split(";")
EMPLOYMENT = ("full-time", "part-time", "contract", "internship", "freelance")
TECHNICAL = (
    "Python Django PostgreSQL Redis Docker Kubernetes Terraform Ansible Go Rust Java Kotlin Swift TypeScript React "
    "Vue GraphQL Kafka RabbitMQ Elasticsearch Prometheus Grafana Linux Bash Git Jenkins Nginx HAProxy SQLite Oracle "
    "Spark Airflow Pandas NumPy PyTorch Tableau Excel SAP ABAP COBOL Fortran MATLAB LaTeX Figma Blender Unity C++ C# "
    "Perl Ruby Rails Laravel Scala Haskell Erlang Elixir Clojure Größenordnungsschätzung Prüfstandsautomatisierung"
).split()
SOFT = (
    "Mentoring;Negotiation;Public speaking;Writing;Planning;Conflict resolution;Teaching;Listening;Facilitation;"
    "Time management;Stakeholder management;Moderation von Workshops;Übersetzen;Hiring;Budgeting;Coaching;"
    "Prioritising;Empathy;Fundraising;Customer interviews"
).split(";")
LANGUAGES = (
    "German English French Spanish Portuguese Polish Turkish Danish Swedish Norwegian Finnish Czech Italian Dutch "
    "Romanian Esperanto Türkçe Français"
).split()
SCHOOLS = (
    "ETH Zürich;Universität Wien;University of London;École Polytechnique;Universidad de Málaga;"
    "Politechnika Łódzka;Göteborgs universitet;Trinity College"
).split(";")
DEGREES = ("BSc", "MSc", "BA", "Dr.-Ing.", "Diplom", "MBA", "Certificate of Higher Education")
FIELDS = (
    "Computer Science;Mathematics;Mechanical Engineering;Volkswirtschaftslehre;Études de traduction;Physics;Statistics"
).split(";")
HONOURS = (
    "First class honours;Dean's list;Scholarship of the Förderverein;Prize for the best thesis;"
    'Magna cum laude;Award "Nachwuchs in der Technik"'
).split(";")
CERTIFICATES = (
    "Certified Cloud Architect;Professional Scrum Master;Linux Foundation Certified Engineer;"
    "Sicherheitsfachkraft für Informationssysteme;Project Management Professional;Certified Data Engineer"
).split(";")
CAUSES = (
    "Repair-Café Köln;Code Club Göteborg;Rotes Kreuz;Sea Rescue Tromsø;Tafel für alle;Bücherbus e.V.;"
    "Médecins d'ici;Reading Mentors"
).split(";")
ROLES = ("Mentor", "Treasurer", "Driver", "Teacher", "Webmaster", "Ersthelferin", "Board member")
AWARDS = (
    "Prize for Young Engineers;Employee of the Year;Hackathon, 2nd place;Innovationspreis für Prüfverfahren;"
    'Best Talk;"Goldene Schraube";Open Source Award'
).split(";")
PUBLISHERS = ("Analytical Press", "Proceedings of Databases in Practice", "Verlag für Technik", "Revue des Données")
INTERESTS = (
    "Chess;Choir;Mountain rescue;Gardening;Schwimmen;Old clocks;Baking;Sailing;Photography;Bouldering;Randonnée"
).split(";")
ISSUERS = ("TÜV Süd", "Linux Foundation", "Scrum.org", "Royal Society", "Cloud Academy", "PMI")

VERBS = (
    "Built;Rewrote;Designed;Led the work on;Took over;Measured and mended;Introduced;Replaced;Documented;Automated;"
    "Split up;Tested;Planned;Moved to the cloud"
).split(";")
OBJECTS = (
    "the billing service;a pipeline for sensor data;the nightly import of timetables;the public interface;"
    "the search for spare parts;the log-in of all customer portals;a report on Größen und Maße;"
    "the department's data warehouse;the mobile app's offline mode;a course for new colleagues;"
    "the archive of scanned invoices;the alerting of the on-call team"
).split(";")
PARTNERS = (
    "with a team of four;together with the colleagues in Malmö;for three hundred shops;for the town of Köln;"
    "alone and within a quarter;with two apprentices;for a customer in Québec;beside the daily business;"
    "under the rules of the supervisory authority;after a long discussion with everybody concerned"
).split(";")
RESULTS = (
    "which halved the time that a release takes;so that outages fell from weekly to twice a year;"
    'and kept the costs below the year\'s budget;which customers called "a relief" in the next survey;'
    "with tests that find most faults before anybody else does;and wrote down why for those who come after;"
    "which saved eleven hours of manual work a week;so that a page now shows in a fifth of a second;"
    "and handed it over to the operations team in good order;which the auditors couldn't fault"
).split(";")

SENTENCES = 4000


class Pool(NamedTuple):
    """Texts in the two forms in which COPY's text format takes them: bare, and as a string inside a JSON value."""

    bare: list[str]
    quoted: list[str]


def escape(text: str) -> str:
    """A text as a column's value in COPY's text format."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def pool(texts: Iterable[str]) -> Pool:
    """The texts, ready for COPY."""
    texts = list(texts)
    return Pool([escape(each) for each in texts], [escape(json.dumps(each, ensure_ascii=False)) for each in texts])


def sentences(seed: int) -> Pool:
    """Sentences about work, of 60 to 190 characters, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # invented careers, no secrets
    parts = (VERBS, OBJECTS, PARTNERS, RESULTS)
    made = ([chance.choice(part) for part in parts] for _ in range(SENTENCES))
    return pool(f"{verb} {thing} {whom}, {result}." for verb, thing, whom, result in made)
