"""In which language the names of an archive's files and columns are, so that a refusal can name it.

Only a hint for a person: nothing is read by these words.
"""

from collections.abc import Iterable, Mapping, Sequence

from profiles.portability.csv_archives import NotAnArchive, bare_name
from profiles_project.texts import shown
from profiles_project.words.sentences import Sentence, mark, say

# Words for what a career has, as they stand above a table or name a file.
_WORDS: Mapping[Sentence, str] = {
    mark("German"): """Vorname, Nachname, Firma, Firmenname, Unternehmen, Titel, Ort, Beginn, Ende,
        Startdatum, Enddatum, Beschreibung, Abschluss, Hochschule, Schule, Kenntnisse, Berufserfahrung,
        Ausbildung, Sprachen, Zertifikate, Profil, Verbunden am, E-Mail-Adresse, Kontakte""",
    mark("French"): """Prénom, Nom, Nom de famille, Entreprise, Nom de l’entreprise, Poste, Titre, Lieu,
        Description, Début, Fin, Date de début, Date de fin, École, Formation, Formations, Compétences,
        Expérience, Langues, Certifications, Profil, Adresse e-mail, Date de connexion, Relations""",
    mark("Spanish"): """Nombre, Apellido, Apellidos, Empresa, Nombre de la empresa, Cargo, Puesto, Título,
        Ubicación, Descripción, Inicio, Fin, Fecha de inicio, Fecha de finalización, Escuela, Educación,
        Aptitudes, Experiencia, Idiomas, Certificaciones, Perfil, Dirección de correo electrónico, Contactos""",
    mark("Portuguese"): """Nome, Sobrenome, Apelido, Empresa, Nome da empresa, Cargo, Título, Localidade,
        Descrição, Início, Fim, Data de início, Data de término, Escola, Formação, Formação acadêmica,
        Competências, Experiência, Idiomas, Certificados, Perfil, Endereço de e-mail, Conexões""",
    mark("Italian"): """Nome, Cognome, Azienda, Nome azienda, Qualifica, Posizione, Titolo, Località,
        Descrizione, Inizio, Fine, Data di inizio, Data di fine, Scuola, Formazione, Competenze, Esperienza,
        Lingue, Certificazioni, Profilo, Indirizzo email, Collegamenti""",
    mark("Dutch"): """Voornaam, Achternaam, Bedrijf, Bedrijfsnaam, Functie, Titel, Locatie, Beschrijving,
        Omschrijving, Startdatum, Einddatum, School, Opleiding, Opleidingen, Vaardigheden, Ervaring, Talen,
        Certificaten, Profiel, E-mailadres, Connecties""",
    mark("Polish"): """Imię, Nazwisko, Firma, Nazwa firmy, Stanowisko, Lokalizacja, Opis, Data rozpoczęcia,
        Data zakończenia, Uczelnia, Wykształcenie, Umiejętności, Doświadczenie, Języki, Certyfikaty, Profil,
        Kontakty""",
    mark("Swedish"): """Förnamn, Efternamn, Företag, Företagsnamn, Titel, Plats, Beskrivning, Startdatum,
        Slutdatum, Skola, Utbildning, Kompetenser, Erfarenhet, Språk, Certifikat, Profil, Kontakter""",
    mark("Danish"): """Fornavn, Efternavn, Virksomhed, Titel, Placering, Beskrivelse, Startdato, Slutdato,
        Skole, Uddannelse, Kompetencer, Erfaring, Sprog, Profil, Forbindelser""",
    mark("Turkish"): """Ad, Adı, Soyad, Soyadı, Şirket, Şirket adı, Unvan, Konum, Açıklama, Başlangıç
        tarihi, Bitiş tarihi, Okul, Eğitim, Yetenekler, Deneyim, Diller, Sertifikalar, Profil, Bağlantılar""",
    mark("Russian"): """Имя, Фамилия, Компания, Название компании, Должность, Местоположение, Описание, Дата
        начала, Дата окончания, Учебное заведение, Образование, Навыки, Опыт работы, Языки, Сертификаты,
        Профиль, Контакты""",
    mark("Chinese"): """名, 姓, 名字, 姓氏, 公司, 公司名称, 公司名稱, 职位,
        職位, 职务, 地点, 地點, 描述, 开始日期, 開始日期,
        结束日期, 結束日期, 学校, 學校, 教育经历, 教育背景, 技能,
        工作经历, 工作經歷, 语言, 語言""",
    mark("Japanese"): """名前, 氏名, 会社名, 会社, 役職, 職種, 勤務地, 場所,
        説明, 開始日, 終了日, 学校名, 学歴, スキル, 職歴, 言語,
        資格""",
    mark("Korean"): """이름, 성, 회사, 회사명, 회사 이름, 직책, 직함, 위치,
        설명, 시작일, 종료일, 학교, 학력, 보유기술, 경력, 언어""",
    mark("Arabic"): """الاسم الأول, الاسم الأخير, الشركة, اسم الشركة, المسمى الوظيفي, الموقع, الوصف, تاريخ
        البدء, تاريخ الانتهاء, المدرسة, التعليم, المهارات, الخبرة, اللغات""",
}
LANGUAGES = {language: {bare_name(word) for word in words.split(",")} for language, words in _WORDS.items()}
# One word stands in too many languages.
FEWEST_WORDS = 2

_ELSEWHERE = mark(
    "{file} is in {language} (it begins with {columns});"
    " please set LinkedIn's language to English and ask for the archive again."
)


def language_of(names: Iterable[str]) -> Sentence | None:
    """The language with most of these names of files and columns, None where none has enough or two have as many."""
    bare = {bare_name(name) for name in names}
    *_, (second, _), (most, language) = sorted((len(bare & words), each) for each, words in LANGUAGES.items())
    return language if most >= FEWEST_WORDS and most > second else None


def in_another_language(file: str, cells: Sequence[str], language: Sentence) -> NotAnArchive:
    """The refusal of an archive in another language, which quotes the first of these names of columns."""
    columns = [say("«{name}»", name=shown(cell, 30)) for cell in cells[:3]]
    return NotAnArchive("unknown_columns", say(_ELSEWHERE, file=file, language=language, columns=columns))
