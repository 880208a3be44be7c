"""Invented people who write in many scripts, and their careers in each format that is read.

All documents of a person say the same, with dates in the person's own words where a format has texts for dates.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from tests.support.documents.archives import zipped


class Person(NamedTuple):
    """What a career tells: two jobs, of which the first goes on, an education, and some lists of one."""

    name: tuple[str, str]
    label: str
    city: str
    company: str
    position: str
    summary: str
    achievement: str
    earlier_company: str
    earlier_position: str
    school: str
    degree: str
    area: str
    skill: str
    language: str
    fluency: str
    # March 2018, February 2018, and an end that is still to come, in the person's words.
    since: str
    until: str
    present: str

    @property
    def full_name(self) -> str:
        """The name as most formats have it; Chinese, Japanese and Korean names begin with the family's."""
        given, family = self.name
        return family + given if family in {"王", "陳", "髙橋", "김"} else f"{given} {family}"


# Of a language by its code, in fifteen scripts and ways of writing.
PEOPLE: Mapping[str, Person] = {
    "de": Person(
        ("Jörg", "Süßmann"),
        *("Uhrmacher", "Görlitz", "Werkstatt Weiß", "Meister", "Setzt Turmuhren instand.", "Baute 12 Glockenspiele"),
        *("Gießerei Öhme", "Geselle", "Technische Universität Dresden", "Diplom", "Feinmechanik", "Löten"),
        *("Deutsch", "Muttersprache", "März 2018", "Feb. 2018", "heute"),
    ),
    "pl": Person(
        ("Zofia", "Żółkiewska"),
        *("Zegarmistrzyni", "Łódź", "Pracownia Świt", "Kierowniczka", "Naprawia zegary.", "Wyszkoliła 5 osób"),
        *("Huta Gwiazda", "Praktykantka", "Politechnika Łódzka", "Magister", "Mechanika", "Lutowanie"),
        *("Polski", "Język ojczysty", "marzec 2018", "luty 2018", "obecnie"),
    ),
    "tr": Person(
        ("Işıl", "Güneş"),
        *("Saatçi", "İzmir", "Çınar Atölyesi", "Usta", "Kule saatlerini onarır.", "8 çırak yetiştirdi"),
        *("Değirmen A.Ş.", "Çırak", "Ege Üniversitesi", "Lisans", "Makine", "Lehimleme"),
        *("Türkçe", "Ana dil", "Mart 2018", "Şubat 2018", "devam ediyor"),
    ),
    "vi": Person(
        ("Ánh", "Nguyễn"),
        *("Thợ đồng hồ", "Huế", "Xưởng Bình Minh", "Thợ cả", "Sửa đồng hồ tháp.", "Đào tạo 6 người"),
        *("Lò đúc Sông Hương", "Học việc", "Đại học Bách khoa", "Cử nhân", "Cơ khí", "Hàn thiếc"),
        *("Tiếng Việt", "Tiếng mẹ đẻ", "03/2018", "02/2018", "hiện tại"),
    ),
    "el": Person(
        ("Ελένη", "Μύλου"),
        *("Ωρολογοποιός", "Πάτρα", "Εργαστήριο Αυγή", "Υπεύθυνη", "Επισκευάζει ρολόγια.", "Εκπαίδευσε 7 άτομα"),
        *("Χυτήριο Ήλιος", "Μαθητευόμενη", "Πανεπιστήμιο Πατρών", "Πτυχίο", "Μηχανολογία", "Συγκόλληση"),
        *("Ελληνικά", "Μητρική γλώσσα", "Μάρτιος 2018", "Φεβρουάριος 2018", "σήμερα"),
    ),
    "ru": Person(
        ("Анна", "Щукина"),
        *("Часовщик", "Псков", "Мастерская «Рассвет»", "Мастер", "Чинит башенные часы.", "Обучила 9 человек"),
        *("Литейный двор", "Ученица", "Псковский университет", "Специалист", "Механика", "Пайка"),
        *("Русский", "Родной", "март 2018", "февраль 2018", "настоящее время"),
    ),
    "he": Person(
        ("נועה", "ברקת"),
        *("שענית", "חיפה", "סדנת השחר", "מנהלת", "מתקנת שעוני מגדל.", "הכשירה 4 שוליות"),
        *("בית היציקה", "שוליה", "הטכניון", "תואר ראשון", "הנדסת מכונות", "הלחמה"),
        *("עברית", "שפת אם", "מרץ 2018", "פברואר 2018", "היום"),
    ),
    "ar": Person(
        ("ليلى", "حداد"),
        *("ساعاتية", "صور", "ورشة الفجر", "رئيسة الورشة", "تصلح ساعات الأبراج.", "درّبت خمسة متدربين"),
        *("مسبك النهر", "متدربة", "جامعة بيروت", "بكالوريوس", "هندسة ميكانيكية", "اللحام"),
        *("العربية", "اللغة الأم", "مارس 2018", "فبراير 2018", "حتى الآن"),
    ),
    "hi": Person(
        ("मीरा", "शर्मा"),
        *("घड़ीसाज़", "जयपुर", "उषा कार्यशाला", "प्रमुख", "मीनार की घड़ियाँ सुधारती हैं।", "छह लोगों को सिखाया"),
        *("नदी ढलाईघर", "प्रशिक्षु", "राजस्थान विश्वविद्यालय", "स्नातक", "यांत्रिकी", "टाँका लगाना"),
        *("हिन्दी", "मातृभाषा", "मार्च 2018", "फ़रवरी 2018", "वर्तमान"),
    ),
    "th": Person(
        ("สุดา", "ใจดี"),
        *("ช่างนาฬิกา", "เชียงใหม่", "โรงซ่อมรุ่งอรุณ", "หัวหน้าช่าง", "ซ่อมนาฬิกาหอ", "สอนช่างห้าคน"),
        *("โรงหล่อริมน้ำ", "ผู้ฝึกงาน", "มหาวิทยาลัยเชียงใหม่", "ปริญญาตรี", "วิศวกรรมเครื่องกล", "การบัดกรี"),
        *("ไทย", "ภาษาแม่", "มีนาคม 2561", "กุมภาพันธ์ 2561", "ปัจจุบัน"),
    ),
    "zh": Person(
        ("小燕", "王"),
        *("钟表匠", "杭州", "晨光工坊", "主管", "修理塔钟。", "培训了八名学徒"),
        *("江畔铸造厂", "学徒", "浙江大学", "学士", "机械工程", "焊接"),
        *("中文", "母语", "2018年3月", "2018年2月", "至今"),
    ),
    "zh-TW": Person(
        ("雅婷", "陳"),
        *("鐘錶師", "臺南", "晨曦工坊", "主任", "修理鐘樓的大鐘。", "訓練了六名學徒"),
        *("河畔鑄造廠", "學徒", "成功大學", "碩士", "機械工程", "銲接"),
        *("國語", "母語", "2018年3月", "2018年2月", "至今"),
    ),
    "ja": Person(
        ("さくら", "髙橋"),
        *("時計職人", "金沢", "あけぼの工房", "工房長", "塔時計を修理する。", "弟子を五人育てた"),
        *("川辺鋳造所", "見習い", "金沢大学", "学士", "機械工学", "はんだ付け"),
        *("日本語", "母国語", "2018年3月", "2018年2月", "現在"),
    ),
    "ko": Person(
        ("서연", "김"),
        *("시계공", "전주", "새벽 공방", "공방장", "탑시계를 고칩니다.", "제자 여섯 명을 길렀다"),
        *("강변 주조소", "견습생", "전북대학교", "학사", "기계공학", "납땜"),
        *("한국어", "원어민", "2018년 3월", "2018년 2월", "현재"),
    ),
    "ka": Person(
        ("ნინო", "ბერიძე"),
        *("მესაათე", "ქუთაისი", "სახელოსნო განთიადი", "ოსტატი", "აკეთებს კოშკის საათებს.", "ასწავლა ხუთ ადამიანს"),
        *("სამსხმელო რიონი", "შეგირდი", "ქუთაისის უნივერსიტეტი", "ბაკალავრი", "მექანიკა", "შედუღება"),
        *("ქართული", "native", "2018-03", "2018-02", "present"),
    ),
}


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _html(person: Person) -> str:
    return f"<p>{escape(person.summary)}</p><ul><li><p>{escape(person.achievement)}</p></li></ul>"


def json_resume(person: Person) -> bytes:
    """JSON Resume, with dates as the person writes them."""
    now, before = (
        {"name": person.company, "position": person.position, "startDate": person.since, "endDate": person.present},
        {"name": person.earlier_company, "position": person.earlier_position, "startDate": "2016"},
    )
    return _json(
        {
            "basics": {"name": person.full_name, "label": person.label, "location": {"city": person.city}},
            "work": [
                {**now, "summary": person.summary, "highlights": [person.achievement]},
                {**before, "endDate": person.until},
            ],
            "education": [
                {
                    "institution": person.school,
                    "studyType": person.degree,
                    "area": person.area,
                    "startDate": "2010",
                    "endDate": "2014",
                }
            ],
            "skills": [{"name": person.skill}],
            "languages": [{"language": person.language, "fluency": person.fluency}],
        }
    )


def reactive_resume_3(person: Person) -> bytes:
    """Reactive Resume 3: dates are timestamps, texts are Markdown."""

    def section(*items: Any) -> Any:
        return {"name": "", "type": "basic", "columns": 2, "visible": True, "items": list(items)}

    def years(start: str, end: str) -> Any:
        return {"start": f"{start}T00:00:00.000Z", "end": end and f"{end}T00:00:00.000Z"}

    return _json(
        {
            "basics": {
                "name": person.full_name,
                "headline": person.label,
                "location": {"city": person.city},
                "profiles": [],
            },
            "sections": {
                "work": section(
                    {
                        "id": "1",
                        "name": person.company,
                        "position": person.position,
                        "date": years("2018-03-01", ""),
                        "summary": f"{person.summary}\n\n- {person.achievement}",
                    },
                    {
                        "id": "2",
                        "name": person.earlier_company,
                        "position": person.earlier_position,
                        "date": years("2016-01-01", "2018-02-01"),
                    },
                ),
                "education": section(
                    {
                        "id": "3",
                        "institution": person.school,
                        "degree": person.degree,
                        "area": person.area,
                        "date": years("2010-01-01", "2014-01-01"),
                    }
                ),
                "skills": section({"id": "4", "name": person.skill}),
                "languages": section({"id": "5", "name": person.language, "level": person.fluency}),
            },
            "metadata": {"template": "onyx"},
        }
    )


def reactive_resume_4(person: Person) -> bytes:
    """Reactive Resume 4: a date is one text, texts are HTML."""

    def section(name: str, *items: Any) -> Any:
        shown = [{"id": f"{name}{number}", "visible": True, **item} for number, item in enumerate(items)]
        return {"id": name, "name": name, "columns": 1, "separateLinks": True, "visible": True, "items": shown}

    return _json(
        {
            "basics": {
                "name": person.full_name,
                "headline": person.label,
                "location": person.city,
                "url": {"label": "", "href": ""},
                "customFields": [],
                "picture": {"url": "", "size": 64},
            },
            "sections": {
                "experience": section(
                    "experience",
                    {
                        "company": person.company,
                        "position": person.position,
                        "date": f"{person.since} - {person.present}",
                        "summary": _html(person),
                    },
                    {
                        "company": person.earlier_company,
                        "position": person.earlier_position,
                        "date": f"2016 – {person.until}",
                    },
                ),
                "education": section(
                    "education",
                    {
                        "institution": person.school,
                        "studyType": person.degree,
                        "area": person.area,
                        "date": "2010 - 2014",
                    },
                ),
                "skills": section("skills", {"name": person.skill, "description": "", "level": 0, "keywords": []}),
                "languages": section("languages", {"name": person.language, "description": person.fluency}),
            },
            "metadata": {"template": "rhyhorn"},
        }
    )


def reactive_resume_5(person: Person) -> bytes:
    """Reactive Resume 5: a period is one text, texts are HTML."""

    def section(*items: Any) -> Any:
        shown = [{"id": str(number), "hidden": False, **item} for number, item in enumerate(items)]
        return {"title": "", "columns": 1, "hidden": False, "items": shown}

    return _json(
        {
            "picture": {"hidden": False, "url": "", "size": 100},
            "basics": {
                "name": person.full_name,
                "headline": person.label,
                "location": person.city,
                "website": {"url": "", "label": ""},
                "customFields": [],
            },
            "summary": {"title": "", "columns": 1, "hidden": False, "content": ""},
            "sections": {
                "experience": section(
                    {
                        "company": person.company,
                        "position": person.position,
                        "period": f"{person.since} - {person.present}",
                        "description": _html(person),
                        "roles": [],
                    },
                    {
                        "company": person.earlier_company,
                        "position": person.earlier_position,
                        "period": f"2016 - {person.until}",
                    },
                ),
                "education": section(
                    {
                        "school": person.school,
                        "degree": person.degree,
                        "area": person.area,
                        "period": "2010 - 2014",
                    }
                ),
                "skills": section({"name": person.skill, "level": 0, "keywords": []}),
                "languages": section({"language": person.language, "fluency": person.fluency, "level": 0}),
            },
            "customSections": [],
            "metadata": {"template": "azurill"},
        }
    )


def fresh(person: Person) -> bytes:
    """FRESH."""
    return _json(
        {
            "name": person.full_name,
            "meta": {"format": "FRESH@0.6.0"},
            "info": {"label": person.label},
            "location": {"city": person.city},
            "employment": {
                "history": [
                    {
                        "employer": person.company,
                        "position": person.position,
                        "start": "2018-03",
                        "summary": person.summary,
                        "highlights": [person.achievement],
                    },
                    {
                        "employer": person.earlier_company,
                        "position": person.earlier_position,
                        "start": "2016",
                        "end": "2018-02",
                    },
                ]
            },
            "education": {
                "history": [
                    {
                        "institution": person.school,
                        "studyType": person.degree,
                        "area": person.area,
                        "start": "2010",
                        "end": "2014",
                    }
                ]
            },
            "skills": {"list": [{"name": person.skill}]},
            "languages": [{"language": person.language, "level": person.fluency}],
        }
    )


def rendercv(person: Person) -> bytes:
    """RenderCV's YAML; JSON's strings are YAML's, too."""
    values = {name: json.dumps(value, ensure_ascii=False) for name, value in person._asdict().items()}
    return f"""cv:
  name: {json.dumps(person.full_name, ensure_ascii=False)}
  headline: {values["label"]}
  location: {values["city"]}
  sections:
    experience:
      - company: {values["company"]}
        position: {values["position"]}
        start_date: 2018-03
        end_date: present
        summary: {values["summary"]}
        highlights: [{values["achievement"]}]
      - company: {values["earlier_company"]}
        position: {values["earlier_position"]}
        date: {json.dumps("2016 – " + person.until, ensure_ascii=False)}
    education:
      - institution: {values["school"]}
        degree: {values["degree"]}
        area: {values["area"]}
        start_date: 2010
        end_date: 2014
    skills:
      - label: {values["skill"]}
        details: ""
    languages:
      - label: {values["language"]}
        details: {values["fluency"]}
""".encode()


def europass_passport(person: Person) -> bytes:
    """Europass XML as it was until 2020."""
    given, family, label, city, company, position, summary, achievement, earlier, first, school, degree, area = map(
        escape, (*person.name, *person[1:12])
    )
    text = escape(f"<p>{summary}</p><ul><li>{achievement}</li></ul>")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<SkillsPassport xmlns="http://europass.cedefop.europa.eu/Europass" locale="en"><LearnerInfo>
<Identification><PersonName><FirstName>{given}</FirstName><Surname>{family}</Surname></PersonName>
<ContactInfo><Address><Contact><Municipality>{city}</Municipality></Contact></Address></ContactInfo></Identification>
<Headline><Type><Code>position</Code><Label>POSITION</Label></Type>
<Description><Label>{label}</Label></Description></Headline>
<WorkExperienceList><WorkExperience><Period><From year="2018" month="--03"/><Current>true</Current></Period>
<Position><Label>{position}</Label></Position><Activities>{text}</Activities>
<Employer><Name>{company}</Name></Employer></WorkExperience>
<WorkExperience><Period><From year="2016"/><To year="2018" month="--02"/></Period>
<Position><Label>{first}</Label></Position><Employer><Name>{earlier}</Name></Employer></WorkExperience>
</WorkExperienceList>
<EducationList><Education><Period><From year="2010"/><To year="2014"/></Period><Title>{degree}, {area}</Title>
<Organisation><Name>{school}</Name></Organisation></Education></EducationList>
<Skills><Linguistic><MotherTongueList><MotherTongue><Description><Label>{escape(person.language)}</Label></Description>
</MotherTongue></MotherTongueList></Linguistic></Skills>
</LearnerInfo></SkillsPassport>""".encode()


def europass_candidate(person: Person) -> bytes:
    """Europass XML as it is since 2020."""
    given, family, _, city, company, position, summary, achievement, earlier, first, school, degree, area = map(
        escape, (*person.name, *person[1:12])
    )
    text = escape(f"<p>{summary}</p><ul><li>{achievement}</li></ul>")

    def period(start: str, end: str) -> str:
        closing = (
            f"<eures:EndDate><hr:FormattedDateTime>{end}</hr:FormattedDateTime></eures:EndDate>"
            if end
            else "<hr:CurrentIndicator>true</hr:CurrentIndicator>"
        )
        started = f"<eures:StartDate><hr:FormattedDateTime>{start}</hr:FormattedDateTime></eures:StartDate>"
        return f"<eures:EmploymentPeriod>{started}{closing}</eures:EmploymentPeriod>"

    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Candidate xmlns="http://www.europass.eu/1.0" xmlns:oa="http://www.openapplications.org/oagis/9"
 xmlns:eures="http://www.europass_eures.eu/1.0" xmlns:hr="http://www.hr-xml.org/3">
<CandidatePerson><PersonName><oa:GivenName>{given}</oa:GivenName><hr:FamilyName>{family}</hr:FamilyName></PersonName>
<Communication><UseCode>home</UseCode><Address type="home"><oa:CityName>{city}</oa:CityName></Address></Communication>
</CandidatePerson><CandidateProfile languageCode="en">
<EmploymentHistory><EmployerHistory><hr:OrganizationName>{company}</hr:OrganizationName><PositionHistory>
<PositionTitle>{position}</PositionTitle>{period("2018-03", "")}<oa:Description>{text}</oa:Description>
</PositionHistory></EmployerHistory>
<EmployerHistory><hr:OrganizationName>{earlier}</hr:OrganizationName><PositionHistory>
<PositionTitle>{first}</PositionTitle>{period("2016", "2018-02")}</PositionHistory></EmployerHistory>
</EmploymentHistory>
<EducationHistory><EducationOrganizationAttendance><hr:OrganizationName>{school}</hr:OrganizationName>
<AttendancePeriod><StartDate><hr:FormattedDateTime>2010</hr:FormattedDateTime></StartDate>
<EndDate><hr:FormattedDateTime>2014</hr:FormattedDateTime></EndDate></AttendancePeriod>
<EducationDegree><hr:DegreeName>{degree}, {area}</hr:DegreeName></EducationDegree>
</EducationOrganizationAttendance></EducationHistory>
</CandidateProfile></Candidate>""".encode()


def linkedin(person: Person) -> bytes:
    """LinkedIn's archive; its columns are English, and its dates are written in the person's words."""

    def table(*rows: tuple[str, ...]) -> str:
        return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)

    given, family = person.name
    return zipped(
        {
            "Profile.csv": table(("First Name", "Last Name", "Headline"), (given, family, person.label)),
            "Positions.csv": table(
                ("Company Name", "Title", "Description", "Location", "Started On", "Finished On"),
                (
                    *(person.company, person.position, f"{person.summary}\n- {person.achievement}", person.city),
                    *(person.since, ""),
                ),
                (person.earlier_company, person.earlier_position, "", "", "2016", person.until),
            ),
            "Education.csv": table(
                ("School Name", "Degree Name", "Start Date", "End Date"),
                (person.school, f"{person.degree}, {person.area}", "2010", "2014"),
            ),
            "Skills.csv": table(("Name",), (person.skill,)),
            "Languages.csv": table(("Name", "Proficiency"), (person.language, person.fluency)),
        }
    )


WRITERS: Mapping[str, Callable[[Person], bytes]] = {
    "json-resume": json_resume,
    "reactive-resume-3": reactive_resume_3,
    "reactive-resume-4": reactive_resume_4,
    "reactive-resume-5": reactive_resume_5,
    "fresh": fresh,
    "rendercv": rendercv,
    "europass-passport": europass_passport,
    "europass-candidate": europass_candidate,
    "linkedin": linkedin,
}
