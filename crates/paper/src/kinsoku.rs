//! Where a line may break: UAX 14 in its strict form, and one habit of Japanese offices on top.
//!
//! The strict form keeps 、。」 and small kana from beginning a line and 「 from ending one. On top of it a figure stays
//! with its counter (12日, 50%) and a month with its day (4月12日), which UAX 14 would part: a date cut in two is
//! misread, and can't be searched for.

use std::sync::LazyLock;

use icu_segmenter::{LineSegmenter, LineSegmenterBorrowed, options::LineBreakOptions};

static SEGMENTER: LazyLock<LineSegmenterBorrowed<'static>> =
    LazyLock::new(|| LineSegmenter::new_auto(LineBreakOptions::default()));

/// What follows a figure and stays with it.
const COUNTERS: &str = "年月日時分件人回名床歳才階号点%\u{FF05}";

/// The unbreakable stretches of a text, in order; together they are the text. One that ends in a newline ends its line.
pub(crate) fn stretches(text: &str) -> impl Iterator<Item = &str> {
    let breaks: Vec<usize> = SEGMENTER.segment_str(text).filter(|at| *at > 0 && !counts(text, *at)).collect();
    let mut from = 0;
    breaks.into_iter().map(move |at| {
        let stretch = &text[from..at];
        from = at;
        stretch
    })
}

/// Whether the place lies between a figure and its counter, or between a month and its day.
fn counts(text: &str, at: usize) -> bool {
    let figure = |c: char| c.is_ascii_digit() || ('\u{FF10}'..='\u{FF19}').contains(&c);
    let mut before = text[..at].chars().rev();
    let (last, second) = (before.next(), before.next());
    let after = text[at..].chars().next();
    let counter = last.is_some_and(figure) && after.is_some_and(|c| COUNTERS.contains(c));
    let day = last == Some('月') && second.is_some_and(figure) && after.is_some_and(figure);
    counter || day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stays_with_its_counter() {
        let parts: Vec<&str> = stretches("来る4月12日に").collect();
        assert_eq!(parts, ["来", "る", "4月12日", "に"]);
    }

    #[test]
    fn closing_marks_stay_with_what_they_close() {
        let parts: Vec<&str> = stretches("「はい、」と。").collect();
        assert_eq!(parts, ["「は", "い、」", "と。"]);
    }

    #[test]
    fn nothing_is_lost() {
        let text = "退院の5日前\nまでに、https://example.jp/a-b へ。";
        assert_eq!(stretches(text).collect::<String>(), text);
    }
}
