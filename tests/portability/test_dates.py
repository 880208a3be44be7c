"""Dates as people write them: what is read of each, and that nothing is guessed."""

import datetime as dt
from pathlib import Path

import pytest
from babel import Locale
from hypothesis import given, strategies as st

from profiles.partial_dates import FORM, parse
from profiles.portability.dates import Found, read
from tests.support import cldr

pytestmark = pytest.mark.pure

DATES = {
    "2018": "2018",
    "2018-3": "2018-03",
    "2018-03-01T00:00:00.000Z": "2018-03-01",
    "2018-03-01 12:30": "2018-03-01",
    "20180301": "2018-03-01",
    "201803": "2018-03",
    "2018.03.": "2018-03",
    "2018. 3. 1.": "2018-03-01",
    "2018/03/01": "2018-03-01",
    "25.03.2018": "2018-03-25",
    "25/03/2018": "2018-03-25",
    "03/25/2018": "2018-03-25",
    "03/03/2018": "2018-03-03",
    "03/2018": "2018-03",
    "3.2018": "2018-03",
    "03 - 2018": "2018-03",
    "03/'18": "2018-03",
    "Mar '18": "2018-03",
    "Mar ’98": "1998-03",
    "March, 2018": "2018-03",
    "MARCH 2018": "2018-03",
    "Mar-2018": "2018-03",
    "2018-Mar": "2018-03",
    "01-Mar-2018": "2018-03-01",
    "March 1st, 2018": "2018-03-01",
    "1st of March, 2018": "2018-03-01",
    "Sept. 2018": "2018-09",
    "März 2018": "2018-03",
    "Maerz 2018": "2018-03",
    "Dez. 2019": "2019-12",
    "1er mars 2018": "2018-03-01",
    "janv. 2018": "2018-01",
    "fevrier 2018": "2018-02",
    "25 de marzo de 2018": "2018-03-25",
    "marzo de 2018": "2018-03",
    "março/2018": "2018-03",
    "kwiecień 2018": "2018-04",
    "март 2018 г.": "2018-03",
    "1 марта 2018 года": "2018-03-01",
    "березень 2018 р.": "2018-03",
    "Μάρτιος 2018": "2018-03",
    "Mart 2018": "2018-03",
    "tháng 3 2018": "2018-03",
    "tháng 3 năm 2018": "2018-03",
    "Ngày 5 tháng 3 năm 2018": "2018-03-05",
    "Tháng 03 năm 2018": "2018-03",
    "Tháng 3, 2018": "2018-03",
    "2018. március": "2018-03",
    "2018年": "2018",
    "2018年3月": "2018-03",
    "2018 年 3 月 1 日": "2018-03-01",
    "２０１８年３月": "2018-03",
    "2018년 3월": "2018-03",
    "2018년 3월 1일": "2018-03-01",
    "平成30年": "2018",
    "平成 30年 3月": "2018-03",
    "令和元年5月1日": "2019-05-01",
    "昭和64年1月7日": "1989-01-07",
    "㍻30年": "2018",
    "H30年3月": "2018-03",
    "民國107年3月": "2018-03",
    "中華民國107年9月": "2018-09",
    "民國九十九年": "2010",
    "民國一百零七年三月": "2018-03",
    "民國一〇七年": "2018",
    "民國百年": "2011",
    "平成三十年四月一日": "2018-04-01",
    "令和六年": "2024",
    "平成三〇年": "2018",
    "民國九八年": "2009",
    "民國一百一十二年": "2023",
    "二〇一四年〇三月〇五日": "2014-03-05",
    "二〇一四年": "2014",
    "二零一四年十二月三十一日": "2014-12-31",
    "一九九八年三月五號": "1998-03-05",
    "二○一四年十月二十日": "2014-10-20",
    "Tháng 07/2012": "2012-07",
    "T9/2008": "2008-09",
    "2008 г.": "2008",
    "31.08.2010 г.": "2010-08-31",
    "H30.3": "2018-03",
    "S57.4.1": "1982-04-01",
    "平成元年3月卒業": "1989-03",
    "2015. 2 졸업": "2015-02",
    "มีนาคม 2561": "2018-03",
    "๑ เม.ย. ๒๕๕๔": "2011-04-01",
    "มีนาคม พ.ศ. 2561": "2018-03",
    "พ.ศ. 2561": "2018",
    "ปี พ.ศ. 2561": "2018",
    "มี.ค. 2018": "2018-03",
    "मार्च 2018": "2018-03",
    "२०१८": "2018",
    "٢٠١٨": "2018",
    "מרץ 2018": "2018-03",
    "مارس 2018": "2018-03",
}
# What says more than a partial date can hold, or is not sure.
ABOUT = {
    "Q1 2018": "2018",
    "1. Quartal 2018": "2018",
    "3e trimestre 2018": "2018",
    "Spring 2018": "2018",
    "Summer 2015": "2015",
    "2018 Fall": "2018",
    "H1 2018": "2018",
    "2H2018": "2018",
    "1. Halbjahr 2018": "2018",
    "second half of 2018": "2018",
    "2e semestre 2018": "2018",
    "WS 2018": "2018",
    "WS of 2018": "2018",
    "SS18": "2018",
    "SoSe '18": "2018",
    "T3/2018": "2018",
    "2014年上半年": "2014",
    "2014年底": "2014",
    "2013年秋季学期": "2013",
    "2015년 상반기": "2015",
    "2013년 2학기": "2013",
    "2016년 가을": "2016",
    "2014 여름": "2014",
    "קיץ 2009": "2009",
    "quý 2 năm 2010": "2010",
    "học kỳ 1 năm 2010": "2010",
    "ภาคเรียนที่ 1/2553": "2010",
    "II кв. 2007": "2007",
    "1-е полугодие 2006": "2006",
    "2018年度": "2018",
    "2018학년도": "2018",
    "2018?": "2018",
    "Mar 2018 (?)": "2018-03",
    "03/04/2018": "2018",
    "ca. 2018": "2018",
    "~2018": "2018",
    "Ende 2018": "2018",
    "since Mar 2018": "2018-03",
    "June 2021 (expected)": "2021-06",
}
RANGES = {
    "2018-2020": ("2018", "2020"),
    "2018 - 2020": ("2018", "2020"),
    "2018-03 - 2019": ("2018-03", "2019"),
    "2018-12 – 2019": ("2018-12", "2019"),
    "2018-03-01 - 2019": ("2018-03-01", "2019"),
    "2018/2019": ("2018", "2019"),
    "2018-20": ("2018", "2020"),
    "2018 to 2020": ("2018", "2020"),
    "Mar 2018 – Jun 2020": ("2018-03", "2020-06"),
    "March - June 2018": ("2018-03", "2018-06"),
    "09/2018 - 06/2019": ("2018-09", "2019-06"),
    "01.10.2016 – 30.09.2018": ("2016-10-01", "2018-09-30"),
    "de mars 2018 à juin 2019": ("2018-03", "2019-06"),
    "2015.09-2019.06": ("2015-09", "2019-06"),
    "2015年9月～2019年6月": ("2015-09", "2019-06"),
    "平成30年4月～令和2年3月": ("2018-04", "2020-03"),
    "民國107年9月~110年6月": ("2018-09", "2021-06"),
    "พ.ศ. 2561 - 2565": ("2018", "2022"),
    "พ.ศ. 2561-65": ("2018", "2022"),
    "5 มีนาคม 2561 - 20 เมษายน 2563": ("2018-03-05", "2020-04-20"),
    "มีนาคม 2561 ถึง 2563": ("2018-03", "2020"),
    "B.E. 2561 - 2565": ("2018", "2022"),
    "từ tháng 3 năm 2018 đến tháng 5 năm 2019": ("2018-03", "2019-05"),
    "2019年3月至2020年5月": ("2019-03", "2020-05"),
    "平成30年4月から令和2年3月まで": ("2018-04", "2020-03"),
    "二〇一四年三月至二〇一八年六月": ("2014-03", "2018-06"),
    "2018-03-01/2019-02-28": ("2018-03-01", "2019-02-28"),
}
GO_ON = {
    "2018 - present": "2018",
    "Mar 2018 – heute": "2018-03",
    "March 2018 to date": "2018-03",
    "平成30年4月 - 現在": "2018-04",
    "2561 - ปัจจุบัน": "2018",
    "từ tháng 3 năm 2018 đến nay": "2018-03",
    "2015年9月～至今": "2015-09",
    "二〇一五年九月至今": "2015-09",
    "2019.03 - 현재": "2019-03",
}
NO_DATES = (
    "",
    "hello",
    "Marvin 2018",
    "Jui 2018",
    "Mar 18",
    "18",
    "19/20",
    "2018-13",
    "2018-00",
    "0/2018",
    "0/5/2018",
    "2018-03-00",
    "20181301",
    "31.02.2018",
    "30/30/2018",
    "0999",
    "12 2018",
    "1519862400000",
    "2018-03-01-02",
    "some time in the 90s",
    "平成32年",
    "H32.3",
    "S65.1",
    "T9",
    "2018年3",
    "昭和0年",
    "昭和〇年",
    "昭和七十年",
    "二〇一四年一二月",
    "二〇一四年二三十月",
    "二〇一四年十三月",
    "三年",
    "民國一百二年",
    "民國一百零年",
    "民國十百年",
    "三十年三月",
    "二〇年",
    "30年3月",
    "WS 2018/20",
    "WS 12/2018",
    "Spring 05/06",
    "M2年",
    "平成31年4月～2年3月",
    "平成30年4月～3年",
    "B.E. 2018",
    "พ.ศ. 2561-60",
    "3H 2018",
    "?",
    "date",
    "2018 - date",
    "2018/date",
    "x" * 10_000,
    "2018-" * 19,
    "1 " * 50,
)


@pytest.mark.parametrize(("text", "date"), DATES.items())
def test_a_date_in_any_spelling_is_read(text: str, date: str) -> None:
    assert read(text) == Found(date)
    assert read(f"  {text}\u200e ") == Found(date)


@pytest.mark.parametrize(("text", "date"), ABOUT.items())
def test_of_what_is_not_exact_that_much_is_read_and_no_more(text: str, date: str) -> None:
    assert read(text) == Found(date, is_exact=False)


@pytest.mark.parametrize(("text", "ends"), RANGES.items())
def test_a_range_in_one_text_has_both_ends(text: str, ends: tuple[str, str]) -> None:
    assert read(text) == Found(*ends, is_range=True)


@pytest.mark.parametrize(("text", "start"), GO_ON.items())
def test_a_range_may_go_on(text: str, start: str) -> None:
    assert read(text) == Found(start, is_now=True, is_range=True)


@pytest.mark.parametrize("text", ["WS 2018/19", "WS18/19", "WiSe 2018/2019", "Winter 2018/19", "winter 2018-2019"])
def test_a_term_over_the_turn_of_a_year_begins_and_ends_in_some_part_of_them(text: str) -> None:
    assert read(text) == Found("2018", "2019", is_range=True, is_exact=False)


def test_what_is_no_term_may_be_years_of_a_season() -> None:
    assert read("summer 2018 - 2020") == Found("2018", "2020", is_range=True, is_exact=False)


def test_words_around_a_range_are_read_too() -> None:
    assert read("С 2018 по настоящее время") == Found("2018", is_now=True, is_range=True, is_exact=False)
    assert read("seit 2018 bis heute") == Found("2018", is_now=True, is_range=True, is_exact=False)


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read(text) == Found()


@pytest.mark.parametrize(
    "text",
    [
        "Present",
        "present.",
        "(current)",
        "Heute",
        "aujourd’hui",
        "Presente",
        "obecnie",
        "至今",
        "現在",
        "현재",
        "היום",
        "الآن",
    ],
)
def test_now_is_known_in_many_languages(text: str) -> None:
    assert read(text) == Found(is_now=True)


@pytest.mark.parametrize("path", cldr.FILES, ids=lambda path: path.stem)
def test_names_of_months_and_languages_are_those_of_cldr(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == cldr.written(cldr.FILES[path]())
    assert len(cldr.LANGUAGES) >= 15


@pytest.mark.parametrize("language", cldr.LANGUAGES)
def test_every_month_of_every_language_is_read(language: str) -> None:
    for forms in Locale(language).months.values():
        for width in ("wide", "abbreviated"):
            assert [read(f"{name} 2018").date for name in forms[width].values()] == [
                f"2018-{month:02}" for month in forms[width]
            ]


@given(st.text(max_size=120) | st.from_regex(r"[0-9./ \-'年月Mar]{0,30}", fullmatch=True))
def test_whatever_comes_is_read_as_valid_dates_or_not_at_all(text: str) -> None:
    found = read(text)
    for date in filter(None, (found.date, found.end)):
        assert FORM.fullmatch(date)
        assert parse(date) == date


@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_our_own_dates_mean_themselves(day: object) -> None:
    text = str(day)
    for date in (text, text[:7], text[:4]):
        assert read(date) == Found(date)


def test_a_month_that_may_be_in_either_year_of_a_range_is_left_out() -> None:
    assert read("2018-03–2019") == Found("2018", "2019", is_range=True, is_exact=False)
