"""What countries are called in the news: by name, by nationality, by the capital where their government sits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rag.arabic.folding import fold, word_set

_ROWS = """
الولايات أميركا أمريكا أميركي أمريكي أميركية أمريكية أميركيون أمريكيون أميركيين أمريكيين واشنطن
روسيا روسي روسية روس موسكو
بريطانيا بريطاني بريطانية بريطانيون لندن
فرنسا فرنسي فرنسية فرنسيون باريس
ألمانيا ألماني ألمانية ألمان برلين
إيطاليا إيطالي إيطالية روما
إسبانيا إسباني إسبانية مدريد
النمسا نمساوي نمساوية فيينا
اليونان يوناني يونانية أثينا
أوكرانيا أوكراني أوكرانية كييف
جورجيا جورجي جورجية تبليسي تبيليسي
الصين صيني صينية بكين
اليابان ياباني يابانية طوكيو
الهند هندي هندية نيودلهي
باكستان باكستاني باكستانية
أفغانستان أفغاني أفغانية أفغان كابل كابول
إيران إيراني إيرانية طهران
تركيا تركي تركية أتراك أنقرة
العراق عراقي عراقية بغداد
سوريا سورية سوري سوريون سوريين دمشق
لبنان لبناني لبنانية بيروت
الأردن أردني أردنية
فلسطين فلسطيني فلسطينية فلسطينيون فلسطينيين
إسرائيل إسرائيلي إسرائيلية
مصر مصري مصرية مصريون مصريين القاهرة
السعودية سعودي سعودية سعوديون الرياض
الكويت كويتي كويتية
قطر قطري قطرية الدوحة
البحرين بحريني بحرينية المنامة
الإمارات إماراتي إماراتية أبوظبي
اليمن يمني يمنية صنعاء
السودان سوداني سودانية الخرطوم
ليبيا ليبي ليبية طرابلس
تونس تونسي تونسية
الجزائر جزائري جزائرية
المغرب مغربي مغربية الرباط
الصومال صومالي صومالية مقديشو
كوبا كوبي كوبية هافانا
فنزويلا فنزويلي فنزويلية كراكاس
البرازيل برازيلي برازيلية برازيليا
المكسيك مكسيكي مكسيكية مكسيكو
كندا كندي كندية أوتاوا
"""
_ARTICLE = re.compile("^(?:[وف]?[بكل]?ال|لل|[وفبل])(?=[^\\W_]{3})")
_ATTACHED = re.compile("^(?:و?[بلك]|[وف])(?=[^\\W_]{3})")
_NAMED: dict[str, frozenset[str]] = {}
_CALLED: dict[str, str] = {}
for _row in _ROWS.strip().splitlines():
    _names = word_set(_row)
    _first = _row.split()[1 if _row.startswith("الولايات") else 0]
    _CALLED[fold(_first)] = _first
    _bare = frozenset(name.removeprefix("ال") for name in _names) | _names
    for _name in _bare:
        _NAMED[_name] = _NAMED.get(_name, frozenset()) | _bare


def country(word: str) -> frozenset[str]:
    """All that the country of a folded word may be called by, folded and without article; empty for any other word."""
    return _NAMED.get(word) or _NAMED.get(bare(word), frozenset())


def country_named(word: str) -> str:
    """The name of the country that a folded word is, with whatever is written with it; empty for any other word, «روسي»."""
    return _CALLED.get(word) or _CALLED.get(_ATTACHED.sub("", word), "")


@lru_cache(maxsize=1 << 16)
def bare(word: str) -> str:
    """A folded word without article and what is written with it: «والروسي» → «روسي»."""
    return _ARTICLE.sub("", word)


def bare_forms(texts: Iterable[Iterable[str]]) -> list[frozenset[str]]:
    """The `bare` forms of the folded words of each text."""
    return [frozenset(map(bare, found)) for found in texts]
