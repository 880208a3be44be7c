"""How well a language is spoken, by the words and scales that people use, as one of our four proficiencies.

Pure. Scales: CEFR (A1 to C2), LinkedIn's five steps, JLPT and HSK, percentages and «4/5». The highest step of a scale
is «fluent»: that somebody grew up with a language no scale says, only words do.
"""

import re
import unicodedata

NATIVE, FLUENT, CONVERSATIONAL, BASIC = "native", "fluent", "conversational", "basic"
# Longer texts say more than a level.
LONGEST = 200

# Beginnings of words, in the languages that most résumés are written in.
_NATIVE = """native|mother tongue|mothertongue|bilingual|first language|muttersprach|zweisprachig|natif|natale|maternel
langue maternelle|bilingue|bilingüe|nativ|lengua materna|matern|madrelingua|moedertaal|tweetalig|ojczyst|rodzim
modersmål|morsmål|tvåspråkig|tosprog|äidinkiel|mateřsk|mateřšt|rodil|anyanyelv|anadil|ana dil|родн|носител|рідн|носій
μητρικ|bahasa ibu|penutur asli|bản ngữ|mẹ đẻ|اللغة الأم|لغة أم|لغة الأم|שפת אם|मातृभाषा|ภาษาแม่|เจ้าของภาษา|母语|母語
母国語|ネイティブ|原生|원어민|모국어|모어"""
_FLUENT = """fluent|full professional|advanced|proficient|expert|master|very good|excellent|fließend|fliessend
verhandlungssicher|sehr gut|ausgezeichnet|professionnelle complète|courant|couramment|avancé|très bon|lu, écrit, parlé
profesional completa|fluid|avanzad|muy bueno|profissional completa|profissional plena|fluente|avançad|avanzat|ottim
fluente|professionale completa|vloeiend|uitstekend|gevorderd|biegł|płynn|zaawansowan|bardzo dobr|flytande|flydende
flytende|sujuva|erinomai|plynul|pokročil|výborn|folyékony|felsőfok|avansat|akıcı|akici|ileri|свободн|продвинут
в совершенстве|вільн|просунут|досконал|άριστ|προχωρημέν|lancar|fasih|mahir|thành thạo|lưu loát|طليق|طلاقة
متقدم|שוטף|מתקדם|רמה גבוהה
धाराप्रवाह|คล่อง|ดีมาก|流利|精通|熟练|熟練|流暢|高级|高級|上級|유창|고급|능통"""
_BASIC = """elementary|basic|beginner|novice|limited|some|rudimentary|fair|grundkenntnis|anfänger|elementar
schulkenntnis|débutant|notions|scolaire|élémentaire|limité|limitad|limitat|básic|principiante|elemental|nociones|base|elementare
scolastic|iniciante|noções|basis|beginnend|podstawow|początkując|grundlägg|grundlægg|grunnlegg|begränsad|begrænset
alkeet|perus|základ|začáteč|alapfok|kezdő|începător|de bază|temel|başlangıç|базов|начальн|початков|βασικ|dasar|pemula
cơ bản|sơ cấp|مبتدئ|أساسي|בסיסי|מתחיל|बुनियादी|พื้นฐาน|初级|初級|入门|入門|基础|基礎|초급|기초"""
_CONVERSATIONAL = """conversational|professional|working|intermediate|good|business|gut|mittelstufe|fortgeschritten
konversation|intermédiaire|professionnel|bon|intermedi|medio|conversa|profesional|profissional|médio|bom|boa|buon
discret|professionale|goed|redelijk|gemiddeld|średni|komunikatywn|dobr|god|mellan|middel|hyvä|keskitaso|středn
középfok|társalgási|medi|orta|iyi|средн|разговорн|хорош|середн|розмовн|добр|μέτρι|καλ|menengah|trung cấp|متوسط|جيد
בינוני|טוב|मध्यम|กลาง|中级|中級|日常会話|会话|会話|ビジネス|중급|회화"""


def _words(text: str) -> re.Pattern[str]:
    """A pattern of the beginnings of words; scripts without blanks have them anywhere."""
    signs = [sign for line in text.splitlines() for sign in line.split("|")]
    return re.compile("|".join(sign if _has_no_blanks(sign[0]) else rf"(?<!\w){sign}" for sign in signs))


def _has_no_blanks(letter: str) -> bool:
    """Whether a letter's script writes words without blanks between them, or puts prefixes before them."""
    name = unicodedata.name(letter, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "ARABIC", "HEBREW", "DEVANAGARI"))


_IS_NATIVE = _words(_NATIVE)
_NOT = r"(?:(?<!\w)(?:non|not|no|kein(?:e[mnrs]?)?|nicht|pas|não|nie|niet|ikke|inte|не)|n['’]t)[ -]"
# Up to two words before it: «not my native language»; but «native, no accent».
_IS_NOT_NATIVE = re.compile(rf"(?:{_NOT}(?:\w+ ){{0,2}}|不是|非)(?:{_IS_NATIVE.pattern})")
# With the word that is denied, and one before it that says how much.
_DENIED = re.compile(
    _NOT + r"(?:(?:an?|yet|very|really|so|ganz|sehr|mehr|plus|très|encore|muy|molto|muito) )?\w+|不\w\w"
)
_IS_NEARLY = re.compile(r"(?<!\w)(?:near|nearly|almost|quasi|presque|fast|casi|quase)[ -]")
# In this order: «limited working» is basic, «full professional» more than «professional».
_BY_WORDS = ((_words(_BASIC), BASIC), (_words(_FLUENT), FLUENT), (_words(_CONVERSATIONAL), CONVERSATIONAL))
_CEFR = re.compile(r"(?<![a-z0-9])([abc])[12](?![0-9])")
_BY_CEFR = {"a": BASIC, "b": CONVERSATIONAL, "c": FLUENT}
# JLPT counts down, HSK up.
_JLPT = re.compile(r"(?<![a-z0-9])n([1-5])(?![0-9])")
_HSK = re.compile(r"(?<![a-z])hsk[ -]?([1-9])(?![0-9])")
_PER_CENT = re.compile(r"([0-9]{1,3})(?:[.,][0-9]+)? ?%")
_OF = re.compile(r"(?<![0-9])([0-9]{1,2}) ?(?:/|of|von|sur|de) ?(3|4|5|6|10)(?![0-9])")
# Up to which part of a scale a level goes.
_MOST_BASIC, _MOST_CONVERSATIONAL = 0.35, 0.65


def read(text: str) -> str:
    """The proficiency that a text means; an empty text where it means none that is known."""
    text = " ".join(unicodedata.normalize("NFKC", text[:LONGEST]).casefold().split())
    if _IS_NATIVE.search(text) and not _IS_NOT_NATIVE.search(text):
        return FLUENT if _IS_NEARLY.search(text) else NATIVE
    said = _DENIED.sub("", text)
    return _by_scale(text) or next((level for form, level in _BY_WORDS if form.search(said)), "")


def _by_scale(text: str) -> str:
    if found := _CEFR.search(text):
        return _BY_CEFR[found[1]]
    if found := _JLPT.search(text):
        return {"1": FLUENT, "2": CONVERSATIONAL, "3": CONVERSATIONAL}.get(found[1], BASIC)
    if found := _HSK.search(text):
        return {"1": BASIC, "2": BASIC, "3": CONVERSATIONAL, "4": CONVERSATIONAL}.get(found[1], FLUENT)
    if found := _PER_CENT.search(text):
        return _by_part(int(found[1]) / 100)
    if found := _OF.search(text):
        return _by_part(int(found[1]) / int(found[2]))
    return ""


def _by_part(part: float) -> str:
    if part > 1:
        return ""
    return BASIC if part <= _MOST_BASIC else CONVERSATIONAL if part <= _MOST_CONVERSATIONAL else FLUENT
