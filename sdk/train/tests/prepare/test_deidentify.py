from collections import Counter

import pytest

from sotto_train.prepare import deidentify
from sotto_train.prepare.deidentify import Deidentifier
from sotto_train.prepare.marked import Marked


def hidden(text, key=None, types=deidentify.ALL):
    edited = Marked(text)
    Deidentifier(types, key)(edited, Counter())
    return edited.text


@pytest.mark.parametrize(
    "before, after",
    [
        ("打13800138000", "打<PHONE>"),
        ("我的号码是 138-0013-8000", "我的号码是 <PHONE>"),
        ("座机010-63553377", "座机<PHONE>"),
        ("拨打幺三八零零幺三八零零零", "拨打<PHONE>"),
        ("call me at (415) 555-2671", "call me at <PHONE>"),
        ("my cell is 415-555-2671", "my cell is <PHONE>"),
        ("身份证11010519491231002X", "身份证<ID>"),
        ("卡号6222 0212 3456 7894", "卡号<CARD>"),
        ("ssn 123-45-6789", "ssn <ID>"),
        ("发到zhang.san@example.org", "发到<MAIL>"),
        ("mail bob at gmail dot com", "mail <MAIL>"),
        ("to jana dot may at gmail dot com", "to <MAIL>"),
        ("车牌京A12345", "车牌<PLATE>"),
        ("车牌粤B·D12345", "车牌<PLATE>"),
        ("see https://example.org/a?b=1 now", "see <URL> now"),
        ("打开192.168.1.20的摄像头", "打开<IP>的摄像头"),
        ("ping fe80:0:0:0:0:0:0:1", "ping <IP>"),
        ("我住在北京市海淀区中关村大街27号", "我住在<ADDRESS>"),
        ("送到阳光小区3号楼2单元501室", "送到<ADDRESS>"),
        ("navigate to 221 Baker Street", "navigate to <ADDRESS>"),
        ("我叫王小明，今年十岁", "我叫<NAME>，今年十岁"),
        ("给李伟打电话", "给<NAME>打电话"),
        ("好的，王先生", "好的，<NAME>先生"),
        ("my name is Priya", "my name is <NAME>"),
        ("call john smith please", "call <NAME> please"),
        ("tell bob about it", "tell <NAME> about it"),
        ("text Emily Carter that i am late", "text <NAME> that i am late"),
        ("remind Sarah to buy milk", "remind <NAME> to buy milk"),
    ],
)
def test_private_data_goes(before, after):
    assert hidden(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "2004年06月25日",
        "定时15分钟",
        "打电话给妈妈",
        "播放第1234567890123456首",
        "票房$587,204,668",
        "明天下午3点半叫我",
        "音量调到50",
        "10.5度",
        "wake me up at 7:30",
        "set the light to 2700 kelvin",
        "i will be home",
        "it may rain in june",
        "play version 1.2.3",
        "我是学生",
        "今天高兴",
        "播放周杰伦的歌",
    ],
)
def test_what_is_not_private_stays(text):
    assert hidden(text) == text


def test_made_up_values_are_the_same_for_the_same_value_and_key():
    first = hidden("给13800138000打电话，再给+86 138 0013 8000发短信", b"k")
    numbers = first.removeprefix("给").replace("打电话，再给", " ").removesuffix("发短信").split()
    assert numbers[0] == numbers[1] and "138" not in numbers[0][:3] and len(numbers[0]) == 11
    assert hidden("给13800138000打电话", b"k") == f"给{numbers[0]}打电话"
    assert hidden("给13800138000打电话", b"other") != f"给{numbers[0]}打电话"


def test_made_up_values_have_the_form_of_the_real_ones_and_belong_to_nobody():
    made = hidden("我叫王小明，邮箱a@b.cn，网址https://b.cn/x，地址10.1.2.3", b"k")
    assert "王小明" not in made and "@example.com" in made and "https://example.com/" in made and "192.0.2." in made


def test_slots_follow():
    text = "打电话给李伟，号码13800138000"
    edited = Marked(text, [(4, 6), (9, 20)])
    Deidentifier(deidentify.ALL)(edited, Counter())
    assert [edited.text[a:b] for a, b in edited.marks] == ["<NAME>", "<PHONE>"]


def test_published_sets_lose_keys_only():
    assert hidden("给李伟打13800138000，地址是长安街1号", types=deidentify.KEYS) == "给李伟打<PHONE>，地址是长安街1号"


def test_names_in_slots_of_public_people_stay():
    edited = Marked("我要王小明的歌，发给王小明", [(2, 5), (10, 13)])  # no name of data/values: those are known to all anyway
    Deidentifier(deidentify.ALL)(edited, Counter(), public=(0,))
    assert edited.text == "我要王小明的歌，发给<NAME>"
