"""Years that a text counts by the eras of Japan, of Taiwan and of the Buddha, as we count them.

Pure. What no era has («平成32年») stays as it is, and is then no date.
"""

import re

from profiles.portability import date_words

# How many years the Buddhist era is ahead of ours.
BUDDHIST_AHEAD = 543


def years_of_our_era(text: str) -> str:
    """The text, in small letters, with years of our era: «平成30年» is 2018年, «h30.3» 2018年3月, «พ.ศ. 2561» 2018."""
    text = _FORM.sub(_written_out, text)
    if _BUDDHIST.search(text):
        text = _BUDDHIST_YEARS.sub(_of_buddhist_years, _BUDDHIST.sub("", text))
    era, last = "", 0

    def ours(found: re.Match[str]) -> str:
        # The end of 平成30年4月～31年3月 is of the era of its start; that of 平成31年4月～2年3月 isn't, nor is it read.
        nonlocal era, last
        if found["era"]:
            era, last = found["era"], 0
        before, years = date_words.ERAS.get(era, (0, 0))
        year = 1 if found["year"] == "元" else int(found["year"])
        if not before or not max(last, 1) <= year <= (years or year):
            return found[0]
        last = year
        return f"{before + year}年"

    return _ERA.sub(ours, text) if "年" in text else text


_ERA = re.compile(rf"(?<![0-9a-z])(?P<era>{'|'.join(date_words.ERAS)})? ?(?P<year>[0-9]{{1,3}}|元) ?年")


def _written_out(found: re.Match[str]) -> str:
    day = f"{found['day']}日" if found["day"] else ""
    return f"{found['era']}{found['year']}年{found['month']}月{day}"


# H30.3, S57.4.1: as forms in Japan have it.
_FORM = re.compile(
    rf"(?<![0-9a-z])(?P<era>{'|'.join(date_words.ERA_LETTERS)})(?P<year>[0-9]{{1,2}})"
    r"\. ?(?P<month>[0-9]{1,2})(?:\. ?(?P<day>[0-9]{1,2}))?(?![0-9])"
)


def _of_buddhist_years(found: re.Match[str]) -> str:
    start = int(found["year"])
    if not found["end"]:
        return str(start - BUDDHIST_AHEAD)
    end = start - start % 100 + int(found["end"])
    return f"{start - BUDDHIST_AHEAD}-{end - BUDDHIST_AHEAD}" if end > start else found[0]


# Who writes Thai counts so; in other scripts one says it.
_BUDDHIST = re.compile(r"(?:(?:ปี ?)?พ\.?ศ\.?|(?<![\w.])b\.e\.) ?(?=2[4-6][0-9]{2}(?![0-9]))|(?=[\u0e00-\u0e7f])")
# 2561, and 2561-65 or 2561/62: what ends in up to 12 may be a month.
_BUDDHIST_YEARS = re.compile(r"(?<![0-9])(?P<year>2[4-6][0-9]{2})(?: ?[-/] ?(?P<end>1[3-9]|[2-9][0-9])$)?(?![0-9])")
