//! The report on A4: the rates, how they are defined, charts, tables, exclusions.
//!
//! Nothing is counted here and nothing read but the report: the same report gives the same bytes. Parts without anything to show
//! (a trend of one month) are left out; a rate never stands without its two numbers.

mod charts;
mod tables;

use paper::{Document, Meta, PaperError, thousands};

use crate::era;
use crate::rate::SMALL;
use crate::report::{SurveyReport, line_wording};

/// Why no paper came out.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The paper refused; its words are its own.
    #[error("the report could not be set on paper")]
    Paper(#[from] PaperError),
}

/// The report as a PDF, Japanese. A character that no font has (in a name) is printed as 〓.
pub fn to_pdf(report: &SurveyReport) -> Result<Vec<u8>, PdfError> {
    let title = report.title.ja.clone();
    let mut paper =
        Document::new(Meta { title: title.clone(), subject: report.region_name.clone(), ..Meta::default() });
    let as_of = report.as_of.local();
    let counted = format!("{} {}現在の記録による集計", era::day(as_of.date()), as_of.format("%H:%M"));
    paper.footer(format!("連絡ルール {} / {counted}", report.edition));
    paper.title(&title, &format!("{}  {}", report.region_name, report.period.label.ja));
    if report.period.provisional {
        paper.paragraph("【途中経過】 集計の期間がまだ終わっていません。数値はこのあと変わります。");
    }
    rates(&mut paper, report);
    charts::trends(&mut paper, report);
    paper.heading(1, "連絡の方法");
    charts::methods(&mut paper, report);
    paper.keep_together(|paper| {
        paper.heading(1, "要介護・要支援の別");
        tables::strata(paper, report);
    });
    paper.heading(1, "退院連絡の時期");
    charts::timing(&mut paper, report);
    paper.keep_together(|paper| tables::months(paper, report));
    paper.keep_together(|paper| tables::years(paper, report));
    let (admission, discharge) = (&report.admission, &report.discharge);
    tables::parties(&mut paper, "医療機関", &admission.hospitals, &discharge.hospitals, report);
    tables::parties(&mut paper, "事業所", &admission.offices, &discharge.offices, report);
    Ok(paper.finish()?.bytes)
}

fn rates(paper: &mut Document, report: &SurveyReport) {
    let line = line_wording(report.line_days).ja;
    paper.heading(1, "連絡率");
    tables::rates(paper, report);
    let [admission, discharge] = report.measures().map(|measure| &measure.total);
    paper.paragraph(&format!(
        "期間中の入院は{}件で、うち{}件を対象外とし、残る{}件を分母としました。退院は{}件で、うち{}件を対象外とし、残る{}件を分母としました。",
        thousands(admission.stays), thousands(admission.excluded), thousands(admission.rate.denominator),
        thousands(discharge.stays), thousands(discharge.excluded), thousands(discharge.rate.denominator),
    ));
    if report.measures().iter().any(|measure| measure.total.rate.is_small()) {
        paper.note(&small_note());
    }
    paper.note(&format!(
        "「{line}」は、最初の退院連絡の日から退院日までの日数によります。率は小数第2位を四捨五入しました。"
    ));
    paper.keep_together(|paper| {
        paper.heading(2, "対象外とした入退院");
        tables::exclusions(paper, report);
    });
}

/// Why some rates carry a mark.
fn small_note() -> String {
    format!("* 分母が{SMALL}件未満です。1件の違いで率が10ポイント以上動くため、率だけの比較はできません。")
}
