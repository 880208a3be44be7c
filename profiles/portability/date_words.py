"""Words that stand in the dates of résumés, in the languages that most are written in; in small letters.

Unicode's CLDR has the months' names (months.json), and none of these.
"""

# What an end says that is still to come.
NOW = frozenset(
    {
        *("present", "the present", "now", "current", "currently", "today", "ongoing", "to date"),
        *("to present", "until now", "till now", "till date", "present day", "in progress", "continuing", "active"),
        *("heute", "bis heute", "jetzt", "bis jetzt", "aktuell", "laufend", "gegenwärtig", "derzeit", "andauernd"),
        *("présent", "à présent", "present.", "aujourd'hui", "ce jour", "à ce jour", "actuel", "actuellement"),
        *("en cours", "en poste", "maintenant", "jusqu'à présent", "jusqu'à aujourd'hui", "à aujourd'hui"),
        *("presente", "al presente", "actualidad", "la actualidad", "actual", "actualmente", "hoy", "en curso"),
        *("hasta hoy", "hasta la fecha", "hasta la actualidad", "a la fecha", "en la actualidad"),
        *("o presente", "atual", "atualmente", "até hoje", "até o momento", "até ao momento", "o momento", "hoje"),
        *("em andamento", "até o presente", "até à data", "em curso"),
        *("oggi", "ad oggi", "attuale", "attualmente", "in corso", "tuttora", "al presente", "presente"),
        *("heden", "tot heden", "nu", "huidig", "momenteel", "lopend"),
        *("obecnie", "teraz", "do teraz", "do dziś", "nadal", "do chwili obecnej", "obecny"),
        *("nuvarande", "pågående", "tills vidare", "nutid", "nuværende", "nutiden", "i dag", "d.d", "nåværende"),
        *("nå", "pågår", "nykyinen", "nyt", "nykyhetki", "nykyään", "jatkuu", "toistaiseksi"),
        *("současnost", "dosud", "nyní", "do současnosti", "dodnes", "jelenleg", "jelen", "napjainkig"),
        *("prezent", "în prezent", "in prezent", "actualmente", "până în prezent"),
        *("günümüz", "halen", "devam ediyor", "şu an", "şimdi", "hâlen", "bugün"),
        *("по настоящее время", "настоящее время", "по н.в", "н.в", "сейчас", "по сей день", "наст. время"),
        *("по теперішній час", "теперішній час", "дотепер", "зараз", "до сьогодні", "сьогодні"),
        *("σήμερα", "παρόν", "έως σήμερα", "μέχρι σήμερα", "sekarang", "saat ini", "hingga kini", "masih"),
        *("hiện tại", "nay", "hiện nay", "الآن", "حتى الآن", "الحالي", "حاليا", "حتى تاريخه", "היום", "כיום"),
        *("עד היום", "הווה", "נוכחי", "वर्तमान", "अब तक", "अभी", "वर्तमान में", "ปัจจุบัน", "ถึงปัจจุบัน"),
        *("至今", "现在", "目前", "迄今", "现今", "至现在", "今", "現在", "至現在", "迄今為止", "現在に至る"),
        *("継続中", "在職中", "현재", "재직중", "재직 중", "현재까지", "진행중", "진행 중"),
    }
)
# What parts the two ends of a range.
TO = (
    *("to", "until", "till", "through", "thru", "bis", "à", "au", "jusqu'à", "a", "al", "hasta", "até", "ao", "tot"),
    *("do", "till", "til", "fino a", "fino al", "până la", "по", "до", "έως", "đến", "ถึง", "至", "から", "~"),
)
# What stands before the one end of a period that is named: its beginning, or its end.
SINCE = (
    *("since", "from", "as of", "beginning", "seit", "ab", "von", "depuis", "dès", "desde", "dal", "da", "vanaf"),
    *("sinds", "od", "siden", "sedan", "fra", "från", "с", "со", "з", "від", "από", "dari", "sejak", "từ"),
)
UNTIL = (
    *("until", "till", "through", "up to", "bis", "jusqu'à", "jusqu'en", "hasta", "até", "fino a", "fino al", "tot"),
    *("do", "til", "până la", "до", "по", "έως", "μέχρι", "đến"),
)
# What says that a date is not known to the day, or where a range begins.
ABOUT = (
    *("ca", "circa", "c", "approx", "about", "around", "early", "mid", "late", "beginning of", "end of"),
    *("first half of", "second half of", "etwa", "anfang", "mitte", "ende", "vers", "début", "fin", "mi", "hacia"),
    *("aprox", "aproximadamente"),
    *SINCE,
    *UNTIL,
)
# What says behind a date that it is still to come.
EXPECTED = (
    *("expected", "anticipated", "planned", "estimated", "voraussichtlich", "geplant", "prévu", "prévue"),
    *("previsto", "prevista", "verwacht", "planerad", "планируется"),
)
SEASONS = (
    *("spring", "summer", "autumn", "fall", "winter", "frühling", "frühjahr", "sommer", "herbst"),
    *("printemps", "été", "automne", "hiver", "primavera", "verano", "otoño", "invierno", "verão", "outono"),
    *("inverno", "estate", "autunno", "lente", "zomer", "herfst", "wiosna", "lato", "jesień", "zima", "vår"),
    *("sommar", "höst", "forår", "efterår", "vinter", "весна", "лето", "осень", "зима", "ilkbahar", "yaz"),
    *("sonbahar", "kış", "봄", "여름", "가을", "겨울", "אביב", "קיץ", "סתיו", "חורף"),
)
# Parts of a year that stand right behind it in East Asia: 2014年上半年, 2013년 2학기.
PARTS_BEHIND = (
    *("上半年", "下半年", "年初", "年中", "年底", "年末", "[春夏秋冬]", "[春夏秋冬]季(?:学期|學期)?", "[上下]半期"),
    *("[上下]期", "상반기", "하반기", "초", "중반", "말", "[12] ?학기", "[1-4] ?분기"),
)
# What is said behind a date of school or work: that it began or ended then.
BEGAN_OR_ENDED = (
    *("入学", "入學", "入社", "卒業", "修了", "退職", "退社", "毕业", "畢業", "입학", "졸업", "입사", "퇴사"),
    *("まで", "に入学", "に卒業"),
)
# Half a year, as universities name it by two: «WS 2018/19», «WS18/19».
TERMS = ("sommersemester", "wintersemester", "ss", "ws", "sose", "wise")
# What Japan and Taiwan count their years by: the year before the first, and how many years there were, 0 of the last.
_JAPANESE = {"明治": (1867, 45), "大正": (1911, 15), "昭和": (1925, 64), "平成": (1988, 31), "令和": (2018, 0)}
# Not m and t: M2年 is the second year of a master's course, and nobody's career began in 明治.
ERA_LETTERS = {"s": _JAPANESE["昭和"], "h": _JAPANESE["平成"], "r": _JAPANESE["令和"]}
ERAS = _JAPANESE | ERA_LETTERS | dict.fromkeys(("中華民國", "中華民国", "民國", "民国"), (1911, 0))
QUARTERS = (
    *("quarter", "quartal", "trimestre", "trimester", "kvartal", "kwartał", "kwartaal", "квартал", "çeyrek"),
    *("half", "halbjahr", "semestre", "semester", "полугодие", "семестр", "кв"),
)
# Before the number: «quý 2 năm 2010».
QUARTERS_BEFORE = ("quý", "học kỳ", "ภาคเรียนที่", "ไตรมาส")
