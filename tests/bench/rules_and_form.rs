//! What costs only the processor: the rule engine and a sheet of paper.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use domain::agreement::Agreement;
use paper::{Align, Area, Document, Form, Label, Lettering, Meta};
use rules::{AnswerBits, Answers, Facts};

use crate::table::{Figure, median, millis};

pub(crate) fn rules() -> Vec<Figure> {
    let checklist = Agreement::kitami().checklist;
    let engine = checklist.compile();
    let facts = Facts::new().with("emergency_admission", true).with("days_since_last_discharge", 12_i64);
    let fact_bits = engine.fact_bits(&facts);
    let number = 40_000_000 / u64::try_from(crate::scale()).unwrap_or(1);
    let began = Instant::now();
    let (mut bits, mut hits) = (0x2545_f491_4f6c_dd1d_u64, 0);
    for _ in 0..number {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        hits += engine.screen(black_box(AnswerBits::new(bits, bits >> 32)), fact_bits).hits & 1;
    }
    black_box(hits);
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = number as f64 / began.elapsed().as_secs_f64();

    let answers = Answers::new().yes("dementia").no("adl_decline").yes("lives_alone");
    let began = Instant::now();
    for _ in 0..100_000 {
        black_box(checklist.screen(black_box(&answers), &facts));
    }
    let by_name = 100_000.0 / began.elapsed().as_secs_f64();
    vec![
        Figure::at_least("screenings on one core", rate / 1e6, " million/s", 10.0),
        Figure::told("— by name, with reasons in words", format!("{:.2} million/s", by_name / 1e6)),
    ]
}

pub(crate) fn form() -> Result<Vec<Figure>> {
    let began = Instant::now();
    let bytes = sheet()?;
    let first = began.elapsed();
    let mut times = Vec::new();
    for _ in 0..25 {
        let began = Instant::now();
        black_box(sheet()?);
        times.push(began.elapsed());
    }
    Ok(vec![
        Figure::at_most("a form's PDF (A4, 56 boxes), warm", millis(median(times)), " ms", 20.0),
        Figure::told("— the first of a process", format!("{:.1} ms", millis(first))),
        Figure::told("— size", format!("{} KB", bytes / 1024)),
    ])
}

/// A page as full as 入院時情報提供書.
fn sheet() -> Result<usize> {
    let mut form = Form::new();
    let title = Lettering { size: 15.0, strong: true, align: Align::Center };
    form.text(Area::new(15.0, 12.0, 180.0, 8.0), "入院時情報提供書", title);
    form.frame(Area::new(15.0, 28.0, 180.0, 250.0));
    let sections = ["1.基本情報", "2.家族と入院前のサービス", "3.身体・生活機能の状況", "4.かかりつけ医・お薬"];
    let rows = [
        ("氏名", "北見 花子(きたみ はなこ)"),
        ("住所", "つなぎ市中央1丁目1番地1"),
        ("緊急連絡先", "長女 北見 月子 000-0000-0000"),
        ("キーパーソン", "長女(市内別居、就労しており日中は不在。夜間・休日は対応できる)"),
        ("意向", "「できるだけ早く家に帰り、畑に出たい」と話す。"),
    ];
    let mut y = 28.0;
    for section in sections {
        form.section(Area::new(15.0, y, 180.0, 5.5), section);
        y += 5.5;
        for (name, value) in rows {
            form.field(Area::new(15.0, y, 90.0, 9.4), Label::Beside(name, 22.0), value);
            let levels = ["自立", "見守り", "一部介助", "全介助"].map(|text| (text, text == "一部介助"));
            form.choices(Area::new(105.0, y, 90.0, 9.4), Label::Beside("移動", 18.0), levels);
            y += 9.4;
        }
        for (place, (name, value)) in
            [("要介護度", "要介護2"), ("認定期間", "令和8年10月1日~令和10年9月30日"), ("担当", "網走 次郎")]
                .into_iter()
                .enumerate()
        {
            let x = [15.0, 75.0, 135.0][place];
            form.field(Area::new(x, y, 60.0, 10.0), Label::Above(name), value);
        }
        y += 10.0;
    }
    let mut document = Document::new(Meta { title: "入院時情報提供書".into(), ..Meta::default() });
    document.form(form);
    Ok(document.finish()?.bytes.len())
}
