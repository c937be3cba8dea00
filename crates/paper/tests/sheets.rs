//! Whole sheets: size, sameness, pages, missing characters. The PDFs are left in the test's temporary directory to be
//! looked at (`pdftoppm -r 80 -png`).

use std::{fs, path::Path, time::Instant};

use paper::{
    Align, Area, Bar, BarChart, Bars, Bracket, Cell, ColumnChart, Datum, Document, Form, Label, Lettering, LineChart,
    Meta, Scale, Series, Sheet, Table,
};

fn keep(name: &str, sheet: &Sheet) {
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), &sheet.bytes)
        .expect("the directory of test results can be written");
}

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(String::from).into()
}

fn lead_times() -> Vec<String> {
    names(["8日以上前", "5～7日前", "2～4日前", "退院前日", "退院当日", "退院後", "不明"])
}

fn report() -> Sheet {
    let mut document = Document::new(Meta {
        title: "入退院連絡調査 報告書".into(),
        subject: "北見市 令和8年度".into(),
        language: "ja".into(),
    });
    document.footer("つなぎ 2026-11-20 作成");
    document.title("入退院連絡調査 報告書", "北見市 令和8年度（調査期間 令和8年10月1日～10月31日）");
    document.heading(1, "退院連絡の状況");
    document.paragraph(
        "居宅介護支援事業所、高齢者相談支援センターなど67か所のケアマネジャー196人に、10月中に退院した利用者について、\
         病院からの連絡の有無とその時期を尋ねた。回答は67か所(回収率100%)。連絡のあった割合を「退院連絡率」とし、\
         必ず分子と分母を併記する。北見 花子さんの例では、4月12日の退院に対し、4月5日に連絡があった。",
    );
    document.bar_chart(&BarChart {
        title: "退院連絡の時期".into(),
        kind: Bars::Shares,
        series: lead_times(),
        bars: vec![
            Bar::of_counts("令和6年度", &[31, 42, 38, 12, 5, 3, 3]),
            Bar::of_counts("令和7年度", &[44, 47, 30, 8, 4, 2, 1]),
            Bar::of_counts("令和8年度", &[3, 4, 71, 30, 18, 9, 6]),
        ],
        bracket: Some(Bracket { label: "退院5日前以上".into(), series: 2 }),
    });
    let years = names(["平成21年度", "令和5年度", "令和6年度", "令和7年度", "令和8年度"]);
    let line = |name: &str, points: [(u64, u64); 5]| Series {
        name: name.into(),
        points: points.map(|(numerator, denominator)| Datum::share(numerator, denominator)).into(),
    };
    document.line_chart(&LineChart {
        title: "連絡率の推移".into(),
        scale: Scale::Percent,
        categories: years,
        lines: vec![
            line("退院連絡率（要介護）", [(46, 100), (24, 33), (35, 40), (52, 54), (131, 141)]),
            line("入院連絡率", [(41, 100), (47, 64), (47, 56), (47, 48), (120, 141)]),
            line("退院連絡率（要支援）", [(0, 0), (10, 31), (14, 33), (19, 40), (22, 41)]),
        ],
    });
    document.heading(2, "病院ごとの内訳");
    let mut table =
        Table::new([(3.0, Align::Start), (1.0, Align::End), (1.0, Align::End), (1.2, Align::End), (4.0, Align::Start)]);
    table.head([Cell::from(""), Cell::from("連絡").spanning(3), Cell::from("")]);
    table.head(["病院", "あり", "全体", "率", "主な意見"]);
    for at in 1..=24 {
        let voice = match at % 3 {
            0 => {
                "連絡が早くなり、退院前の担当者会議に間に合うようになった。「5日前まで」の目安が病棟にも浸透してきた。"
            }
            1 => "退院日が急に決まる例があり、前日の連絡では、サービスの調整が難しい。",
            _ => "特になし",
        };
        let rate = format!("{}.{}%", 60 + at, at % 10);
        table.row([format!("北見第{at}病院"), (at * 3).to_string(), (at * 4).to_string(), rate, voice.into()]);
    }
    table.total(["合計", "900", "1,200", "75.0%", ""]);
    document.table(&table);
    document.note("注 転院、死亡、3日以内の入院は除いた。率は小数第2位を四捨五入した。");
    document.heading(2, "連絡の方法");
    document.bar_chart(&BarChart {
        title: "入院連絡の方法（複数回答）".into(),
        kind: Bars::Grouped(Scale::Percent),
        series: names(["令和7年度", "令和8年度"]),
        bars: [("電話", 95, 94), ("FAX", 80, 62), ("来院・面談", 31, 33), ("システム（北まるnet等）", 12, 40)]
            .map(|(label, before, now)| Bar {
                label: label.into(),
                note: String::new(),
                values: vec![Datum::share(before, 100), Datum::share(now, 100)],
            })
            .into(),
        bracket: None,
    });
    document.column_chart(&ColumnChart {
        title: "月ごとの連絡件数".into(),
        scale: Scale::Count,
        series: names(["退院連絡", "入院連絡"]),
        columns: (4..=12)
            .map(|month| Bar {
                label: format!("{month}月"),
                note: String::new(),
                values: vec![Datum::count(40 + month * 7), Datum::count(130 - month * 9)],
            })
            .collect(),
    });
    document.heading(2, "寄せられた声");
    document.keep_together(|document| {
        document.heading(3, "良かったこと");
        document.list([
            "退院前カンファレンスに呼ばれる回数が増え、ご本人の「家に帰りたい」という思いを、病棟と共に確かめることができた。",
            "連絡票の項目がそろい、聞き直しが減った。",
        ]);
    });
    let mut grid = Table::new([(1.0, Align::Start), (1.0, Align::Center), (3.0, Align::Start)]).ruled();
    grid.head(["区分", "件数", "対応"]);
    grid.row(["連絡なし", "9", "病院の地域連携室へ照会し、次回の会議で報告する。"]);
    grid.row(["期限後", "27", "病棟ごとに件数を返し、要因を尋ねる。𠮷田病院の髙橋 一郎さん・山﨑 二郎さんが担当。"]);
    document.table(&grid);
    document.finish().expect("the sample is well formed")
}

fn form() -> Form {
    let mut form = Form::new();
    let big = Lettering { size: 15.0, strong: true, align: Align::Center };
    form.text(Area::new(15.0, 12.0, 180.0, 8.0), "入院時情報提供書", big);
    let small = Lettering { size: 8.0, strong: false, align: Align::End };
    form.text(Area::new(15.0, 21.0, 180.0, 5.0), "記入日 令和9年4月12日  情報提供日 令和9年4月12日", small);
    let mut y = 28.0;
    form.frame(Area::new(15.0, y, 180.0, 250.0));
    for section in [
        "1.利用者（患者）基本情報",
        "2.入院前の介護サービス・家族の状況",
        "3.身体・生活機能の状況",
        "4.かかりつけ医・お薬",
    ] {
        form.section(Area::new(15.0, y, 180.0, 5.5), section);
        y += 5.5;
        for row in 0..5 {
            let name = ["氏名", "住所", "緊急連絡先", "キーパーソン", "意向"][row];
            let value = [
                "北見 花子（きたみ はなこ）",
                "北海道北見市大通西3丁目1番地1 メゾンおおぞら305号室",
                "長女 北見 月子 0157-00-0000",
                "長女（市内別居、就労しており日中は不在。夜間・休日は対応できる）",
                "「できるだけ早く家に帰り、畑に出たい」と話す。",
            ][row];
            form.field(Area::new(15.0, y, 90.0, 9.4), Label::Beside(name, 22.0), value);
            let levels = ["自立", "見守り", "一部介助", "全介助"].map(|text| (text, text == "一部介助"));
            form.choices(Area::new(105.0, y, 90.0, 9.4), Label::Beside("移動", 18.0), levels);
            y += 9.4;
        }
        form.field(Area::new(15.0, y, 60.0, 10.0), Label::Above("要介護度"), "要介護2");
        form.field(Area::new(75.0, y, 60.0, 10.0), Label::Above("認定期間"), "令和8年10月1日～令和10年9月30日");
        form.field(Area::new(135.0, y, 60.0, 10.0), Label::Above("担当"), "網走 次郎");
        y += 10.0;
    }
    form
}

fn form_sheet() -> Sheet {
    let mut document = Document::new(Meta { title: "入院時情報提供書".into(), ..Meta::default() });
    document.form(form());
    document.finish().expect("the sample is well formed")
}

#[test]
fn a_report_with_every_feature_is_small_and_shows_every_character() {
    let sheet = report();
    keep("report.pdf", &sheet);
    assert!(sheet.missing.is_empty(), "{:?}", sheet.missing);
    assert!(sheet.bytes.len() < 160_000, "{} bytes", sheet.bytes.len());
    assert!((4..=6).contains(&sheet.pages), "{} pages", sheet.pages);
}

#[test]
fn the_same_calls_give_the_same_bytes() {
    assert!(report().bytes == report().bytes);
    assert!(form_sheet().bytes == form_sheet().bytes);
}

#[test]
fn other_content_gives_another_identifier() {
    let finished = |text| {
        let mut document = Document::new(Meta::default());
        document.paragraph(text);
        document.finish().unwrap().bytes
    };
    let id =
        |bytes: &[u8]| bytes.windows(4).rposition(|window| window == b"/ID[").map(|at| bytes[at..at + 40].to_vec());
    assert!(id(&finished("一")).is_some());
    assert_ne!(id(&finished("一")), id(&finished("二")));
}

#[test]
fn a_form_of_sixty_boxes_is_one_small_page() {
    let warm = form_sheet();
    let times: Vec<_> = (0..10)
        .map(|_| {
            let begun = Instant::now();
            form_sheet();
            begun.elapsed()
        })
        .collect();
    let sheet = form_sheet();
    println!("a form, warm: {times:?}, {} bytes", sheet.bytes.len());
    keep("form.pdf", &sheet);
    assert_eq!((sheet.pages, &sheet.missing, &sheet.overfull), (1, &vec![], &vec![]));
    assert!(warm.bytes.len() < 100_000, "{} bytes", warm.bytes.len());
}

#[test]
fn characters_without_a_glyph_are_named() {
    let mut document = Document::new(Meta::default());
    document.paragraph("☑ 済 ☐ 未 𠮷田");
    assert_eq!(document.finish().unwrap().missing, ['☐', '☑']);
}

#[test]
fn a_row_with_too_many_cells_is_refused() {
    let mut document = Document::new(Meta::default());
    let mut table = Table::new([(1.0, Align::Start)]);
    table.row(["一", "二"]);
    document.table(&table);
    assert_eq!(document.finish(), Err(paper::PaperError::TooManyCells { columns: 1, cells: 2 }));
}

#[test]
fn a_row_taller_than_a_page_is_continued_on_the_next() {
    let mut document = Document::new(Meta::default());
    let mut table = Table::new([(1.0, Align::Start), (1.0, Align::Start)]);
    table.head(["項目", "内容"]);
    table.row(["経過".into(), "長い経過が続く。".repeat(300)]);
    table.row(["次", "短い"]);
    document.table(&table);
    let sheet = document.finish().unwrap();
    keep("tall.pdf", &sheet);
    assert_eq!(sheet.pages, 3);
}

#[test]
fn forms_and_flow_share_one_document() {
    let mut document = Document::new(Meta::default());
    document.paragraph("送付状");
    document.form(form());
    document.paragraph("控え");
    assert_eq!(document.finish().unwrap().pages, 3);
}
