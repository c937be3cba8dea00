//! Names that nobody bears: people are called after places of eastern Hokkaido, houses after plants.

use domain::text::{Kana, Line};
use rand::RngExt;
use rand::rngs::StdRng;

/// Family names, with their reading.
const FAMILIES: [(&str, &str); 40] = [
    ("北見", "キタミ"),
    ("網走", "アバシリ"),
    ("美幌", "ビホロ"),
    ("紋別", "モンベツ"),
    ("斜里", "シャリ"),
    ("遠軽", "エンガル"),
    ("常呂", "トコロ"),
    ("端野", "タンノ"),
    ("留辺蘂", "ルベシベ"),
    ("津別", "ツベツ"),
    ("訓子府", "クンネップ"),
    ("置戸", "オケト"),
    ("佐呂間", "サロマ"),
    ("湧別", "ユウベツ"),
    ("興部", "オコッペ"),
    ("雄武", "オウム"),
    ("滝上", "タキノウエ"),
    ("清里", "キヨサト"),
    ("小清水", "コシミズ"),
    ("大空", "オオゾラ"),
    ("女満別", "メマンベツ"),
    ("東藻琴", "ヒガシモコト"),
    ("生田原", "イクタハラ"),
    ("丸瀬布", "マルセップ"),
    ("白滝", "シラタキ"),
    ("知床", "シレトコ"),
    ("能取", "ノトロ"),
    ("濤沸", "トウフツ"),
    ("呼人", "ヨビト"),
    ("仁頃", "ニコロ"),
    ("相内", "アイノナイ"),
    ("温根湯", "オンネユ"),
    ("石北", "セキホク"),
    ("層雲", "ソウウン"),
    ("美幌峠", "ビホロトウゲ"),
    ("屈斜路", "クッシャロ"),
    ("摩周", "マシュウ"),
    ("川湯", "カワユ"),
    ("根北", "コンポク"),
    ("緑", "ミドリ"),
];

const WOMEN: [(&str, &str); 20] = [
    ("花子", "ハナコ"),
    ("梅子", "ウメコ"),
    ("桜子", "サクラコ"),
    ("菊子", "キクコ"),
    ("雪子", "ユキコ"),
    ("春子", "ハルコ"),
    ("夏子", "ナツコ"),
    ("秋子", "アキコ"),
    ("冬子", "フユコ"),
    ("松子", "マツコ"),
    ("竹子", "タケコ"),
    ("月子", "ツキコ"),
    ("星子", "ホシコ"),
    ("波子", "ナミコ"),
    ("霧子", "キリコ"),
    ("鈴子", "スズコ"),
    ("蘭子", "ランコ"),
    ("藤子", "フジコ"),
    ("百合子", "ユリコ"),
    ("すみれ", "スミレ"),
];

const MEN: [(&str, &str); 20] = [
    ("太郎", "タロウ"),
    ("次郎", "ジロウ"),
    ("三郎", "サブロウ"),
    ("四郎", "シロウ"),
    ("五郎", "ゴロウ"),
    ("六郎", "ロクロウ"),
    ("七郎", "シチロウ"),
    ("八郎", "ハチロウ"),
    ("九郎", "クロウ"),
    ("十郎", "ジュウロウ"),
    ("一", "ハジメ"),
    ("正月", "マサツキ"),
    ("海", "カイ"),
    ("陸", "リク"),
    ("空", "ソラ"),
    ("岳", "ガク"),
    ("岬", "ミサキ"),
    ("氷", "ヒョウ"),
    ("流", "リュウ"),
    ("北斗", "ホクト"),
];

/// What care offices are called.
pub(super) const PLANTS: [&str; 52] = [
    "すずらん",
    "はまなす",
    "らいらっく",
    "えぞつつじ",
    "しらかば",
    "ななかまど",
    "ひまわり",
    "たんぽぽ",
    "すみれ",
    "さくら",
    "あじさい",
    "こすもす",
    "りんどう",
    "つつじ",
    "ゆり",
    "うめ",
    "もみじ",
    "いちょう",
    "ぽぷら",
    "かえで",
    "みずなら",
    "とどまつ",
    "からまつ",
    "えぞまつ",
    "いちい",
    "ぶな",
    "けやき",
    "ほおのき",
    "はるにれ",
    "やちだも",
    "おおばこ",
    "よもぎ",
    "くろゆり",
    "みずばしょう",
    "ざぜんそう",
    "ふくじゅそう",
    "かたくり",
    "えんれいそう",
    "おだまき",
    "ききょう",
    "なでしこ",
    "あやめ",
    "しょうぶ",
    "はぎ",
    "すすき",
    "くず",
    "ふじばかま",
    "おみなえし",
    "つばき",
    "さざんか",
    "やまぶき",
    "まりも",
];

/// What hospitals are called.
pub(super) const HOSPITALS: [&str; 16] = [
    "つなぎ中央病院",
    "つなぎ東病院",
    "つなぎ西病院",
    "つなぎ南病院",
    "つなぎ北病院",
    "湖畔総合病院",
    "高台記念病院",
    "川沿リハビリテーション病院",
    "流氷循環器クリニック",
    "白鳥内科病院",
    "丹頂整形外科病院",
    "雪原療養病院",
    "緑風こころの病院",
    "夕陽が丘病院",
    "朝霧外科病院",
    "氷点下有床診療所",
];

/// What wards are called.
pub(super) const WARDS: [&str; 5] =
    ["3階東病棟", "3階西病棟", "4階病棟", "地域包括ケア病棟", "回復期リハビリテーション病棟"];

/// 日常生活圏域, each with its support centre.
pub(super) const DISTRICTS: [&str; 8] =
    ["中央地区", "東地区", "西地区", "南地区", "北地区", "湖畔地区", "高台地区", "川沿地区"];

/// Where no support centre is.
pub(super) const OUTSIDE: &str = "圏域外";

/// A constant of this module is a valid line.
pub(super) fn line(text: &str) -> Line {
    Line::parse(text).expect("the city's own words are valid")
}

/// A name and its reading, by chance.
pub(super) fn person(female: bool, chance: &mut StdRng) -> (Line, Kana) {
    let family = FAMILIES[chance.random_range(0..FAMILIES.len())];
    let given = if female { &WOMEN } else { &MEN };
    named(family, given[chance.random_range(0..given.len())])
}

/// The first families with a given name: the cast.
pub(super) fn of_cast(family: usize, female: bool, given: usize) -> (Line, Kana) {
    named(FAMILIES[family], if female { WOMEN[given] } else { MEN[given] })
}

fn named(family: (&str, &str), given: (&str, &str)) -> (Line, Kana) {
    let kana = Kana::parse(&format!("{} {}", family.1, given.1)).expect("the readings are kana");
    (line(&format!("{} {}", family.0, given.0)), kana)
}
