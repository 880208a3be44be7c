"""Numbers of dates that are written with Han letters: «二〇一四年三月», «民國九十九年», «平成三十年四月一日».

Pure. What is no such number stays as it is, and is then no date: «一二月» may be January and February.
"""

import re

_DIGITS = {"〇": 0, "○": 0, "零": 0, **{letter: number for number, letter in enumerate("一二三四五六七八九", 1)}}
_DIGIT = "[一二三四五六七八九]"
_ANY = f"{''.join(_DIGITS)}十百"
# A year is read digit by digit, whatever counts it: 二〇一四年, 民國一〇七年, 平成三〇年.
_BY_DIGITS = re.compile(rf"(?<![{_ANY}])[{''.join(_DIGITS)}]{{2,4}}(?=年)")
# Up to 199 years of an era, 12 months and 31 days. In speech 一百二 is 120, so a number below ten needs 零 before it.
_BY_TENS = re.compile(
    rf"(?<![{_ANY}])(?=[{_ANY}])(?:(?P<hundreds>[一二]?百)(?=[零年]|{_DIGIT}?十))?(?:[零〇○](?={_DIGIT}))?"
    rf"(?P<tens>{_DIGIT}?十)?(?P<ones>{_DIGIT}?)(?=[年月日号號])"
)


def in_digits(text: str) -> str:
    """The text with the years, months and days of its dates in digits: «二〇一四年三月» is 2014年3月."""
    text = _BY_DIGITS.sub(lambda found: "".join(str(_DIGITS[letter]) for letter in found[0]), text)
    return _BY_TENS.sub(_of_tens, text)


def _of_tens(found: re.Match[str]) -> str:
    # 十 is one ten, 百 one hundred.
    hundreds, tens = (
        part and _DIGITS.get(part[0], 1) * unit for part, unit in ((found["hundreds"], 100), (found["tens"], 10))
    )
    return str((hundreds or 0) + (tens or 0) + _DIGITS.get(found["ones"], 0))
