"""Dates by the eras of Japan, of Taiwan and of the Buddha, and in Han numerals, as we write them.

Pure. What no era has («平成32年») stays as it is, and is then no date; so does what is no such number: «一二月» may be
January and February.
"""

import re

from profiles.portability import date_words

# How many years the Buddhist era is ahead of ours.
BUDDHIST_AHEAD = 543


def years_of_our_era(text: str) -> str:
    """The text, in small letters, with years of our era: «平成三十年» is 2018年, «h30.3» 2018年3月, «พ.ศ. 2561» 2018.

    Numbers in Han letters are in digits, whatever counts the year: «二〇一四年三月» is 2014年3月.
    """
    text = _in_digits(text)
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


# Han numerals ---------------------------------------------------------------------------------------------------------

_DIGITS = {"〇": 0, "○": 0, "零": 0, **{letter: number for number, letter in enumerate("一二三四五六七八九", 1)}}
_DIGIT = "[一二三四五六七八九]"
_ANY = f"{''.join(_DIGITS)}十百"
# A year is read digit by digit, whatever counts it: 二〇一四年, 民國一〇七年, 平成三〇年.
_BY_DIGITS = re.compile(rf"(?<![{_ANY}])[{''.join(_DIGITS)}]{{2,4}}(?=年)")
# Up to 199 years of an era, 12 months and 31 days. In speech 一百二 is 120, so a number below ten needs 零 before it.
_BY_TENS = re.compile(
    rf"(?<![{_ANY}])(?=[{_ANY}])(?:(?P<hundreds>[一二]?)(?P<hundred>百)(?=[零年]|{_DIGIT}?十))?(?:[零〇○](?={_DIGIT}))?"
    rf"(?:(?P<tens>{_DIGIT}?)(?P<ten>十))?(?P<ones>{_DIGIT}?)(?=[年月日号號])"
)


def _in_digits(text: str) -> str:
    text = _BY_DIGITS.sub(lambda found: "".join(str(_DIGITS[letter]) for letter in found[0]), text)
    return _BY_TENS.sub(_of_tens, text)


def _of_tens(found: re.Match[str]) -> str:
    # 十 is one ten, 百 one hundred.
    hundreds = _DIGITS.get(found["hundreds"], 1) if found["hundred"] else 0
    tens = _DIGITS.get(found["tens"], 1) if found["ten"] else 0
    return str(hundreds * 100 + tens * 10 + _DIGITS.get(found["ones"], 0))
