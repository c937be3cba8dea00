//! Text to lines: clean it, see that every character can be shown, break it to a width.
//!
//! Characters without a glyph become 〓 (the printers' sign for a missing sort) and are remembered, so that the caller
//! can say which; nothing is dropped silently but what has no shape of its own (variation selectors, joiners).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    font::{Face, Weight},
    kinsoku,
};

/// What stands in for a character that no face has.
const GETA: char = '〓';

/// One line of text, cut into runs of one face each.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Line {
    pub(crate) runs: Vec<(Face, String, f32)>,
    /// Width in em; times the size it is in points.
    pub(crate) em: f32,
}

impl Line {
    fn push(&mut self, character: char, face: Face, advance: f32) {
        self.em += advance;
        match self.runs.last_mut() {
            Some((last, text, width)) if *last == face => {
                text.push(character);
                *width += advance;
            }
            _ => self.runs.push((face, character.into(), advance)),
        }
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.runs.iter().map(|run| run.1.as_str()).collect()
    }
}

/// Sets text, and remembers what it could not set.
#[derive(Debug, Default)]
pub(crate) struct Typesetter {
    pub(crate) missing: BTreeSet<char>,
    /// What a character becomes, in each weight: looked up in the face once a document.
    known: [BTreeMap<char, (char, Face, f32)>; 2],
}

impl Typesetter {
    /// One line, however long; newlines count as spaces.
    pub(crate) fn line(&mut self, text: &str, weight: Weight) -> Line {
        let text = clean(text).replace('\n', " ");
        self.set(&text, weight)
    }

    /// Lines no wider than `em`. An unbreakable stretch that is wider alone is cut anywhere. An empty text is one line.
    pub(crate) fn wrap(&mut self, text: &str, weight: Weight, em: f32) -> Vec<Line> {
        let text = clean(text);
        let (mut lines, mut current) = (Vec::new(), String::new());
        let mut width = 0.0;
        for stretch in kinsoku::stretches(&text) {
            let solid = stretch.trim_end_matches([' ', '\n']);
            let solid_width = self.set(solid, weight).em;
            if width + solid_width > em + 0.001 && !current.is_empty() {
                lines.push(self.finished(&current, weight));
                current.clear();
                width = 0.0;
            }
            if solid_width > em {
                for character in solid.chars() {
                    let advance = self.sort(character, weight).2;
                    if width + advance > em + 0.001 && !current.is_empty() {
                        lines.push(self.finished(&current, weight));
                        current.clear();
                        width = 0.0;
                    }
                    current.push(character);
                    width += advance;
                }
            } else {
                current.push_str(solid);
                width += solid_width;
            }
            if stretch.ends_with('\n') {
                lines.push(self.finished(&current, weight));
                current.clear();
                width = 0.0;
            } else {
                let blank = &stretch[solid.len()..];
                current.push_str(blank);
                width += self.set(blank, weight).em;
            }
        }
        if !current.is_empty() || lines.is_empty() {
            lines.push(self.finished(&current, weight));
        }
        lines
    }

    fn finished(&mut self, text: &str, weight: Weight) -> Line {
        self.set(text.trim_end_matches(' '), weight)
    }

    fn set(&mut self, text: &str, weight: Weight) -> Line {
        let mut line = Line::default();
        for character in text.chars() {
            let (character, face, advance) = self.sort(character, weight);
            line.push(character, face, advance);
        }
        line
    }

    /// What a character is shown as.
    fn sort(&mut self, character: char, weight: Weight) -> (char, Face, f32) {
        let missing = &mut self.missing;
        *self.known[weight as usize].entry(character).or_insert_with(|| {
            if let Some((face, advance)) = weight.face_of(character) {
                return (character, face, advance);
            }
            missing.insert(character);
            let (face, advance) = weight.face_of(GETA).expect("the faces have the geta mark");
            (GETA, face, advance)
        })
    }
}

/// Drops what has no shape, unifies line ends, and joins a kana with the sound mark that some systems write after it.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0100}'..='\u{E01EF}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2060}'
            | '\u{FEFF}' => {}
            '\t' => cleaned.push(' '),
            '\u{3099}' | '\u{309A}' => {
                let last = cleaned.pop();
                let voiced = last.and_then(|last| voiced(last, character));
                cleaned.extend(voiced.or(last));
                if voiced.is_none() {
                    cleaned.push(if character == '\u{3099}' { '゛' } else { '゜' });
                }
            }
            _ => cleaned.push(character),
        }
    }
    cleaned
}

/// か + ゛ → が; `None` where there is no such kana.
fn voiced(kana: char, mark: char) -> Option<char> {
    let plain = "かきくけこさしすせそたちつてとカキクケコサシスセソタチツテト";
    let lips = "はひふへほハヒフヘホ";
    let step = match (mark, kana) {
        ('\u{3099}', 'う') => return Some('ゔ'),
        ('\u{3099}', 'ウ') => return Some('ヴ'),
        ('\u{3099}', _) if plain.contains(kana) || lips.contains(kana) => 1,
        ('\u{309A}', _) if lips.contains(kana) => 2,
        _ => return None,
    };
    char::from_u32(u32::from(kana) + step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, em: f32) -> Vec<String> {
        Typesetter::default().wrap(text, Weight::Regular, em).iter().map(Line::text).collect()
    }

    #[test]
    fn no_line_begins_with_a_mark_that_may_not_begin_one() {
        let text = "北見 花子さんは、4月12日（月）に退院の予定です。「自宅へ帰りたい」と、ご本人。ベッド・トイレ・\
                    手すりの準備、ヘルパーの調整が要る。連絡は「5日前まで」に、ケアマネジャーへ。";
        for width in 4..40 {
            for line in wrapped(text, width as f32) {
                let first = line.chars().next().unwrap();
                assert!(!"、。」）・ーッャ".contains(first), "{width}: {line}");
                assert!(!line.ends_with(['「', '（']), "{width}: {line}");
            }
        }
    }

    #[test]
    fn no_line_is_wider_than_asked_and_none_is_lost() {
        let text = "アルコール依存症のある方はabcdefghijklmnopqrstuvwxyz0123456789へ";
        for width in 2..20 {
            let lines = Typesetter::default().wrap(text, Weight::Regular, width as f32);
            assert!(lines.iter().all(|line| line.em <= width as f32 + 0.001));
            assert_eq!(lines.iter().map(Line::text).collect::<String>(), text);
        }
    }

    #[test]
    fn newlines_are_kept_and_trailing_spaces_are_not() {
        assert_eq!(wrapped("一 \n二\n\n三", 9.0), ["一", "二", "", "三"]);
    }

    #[test]
    fn a_character_that_no_face_has_becomes_a_geta_and_is_remembered() {
        let mut typesetter = Typesetter::default();
        assert_eq!(typesetter.line("済☑ 𠮷田", Weight::Bold).text(), "済〓 𠮷田");
        assert_eq!(typesetter.missing, BTreeSet::from(['☑']));
    }

    #[test]
    fn decomposed_kana_and_variation_selectors_are_not_missing() {
        let mut typesetter = Typesetter::default();
        assert_eq!(typesetter.line("か\u{3099}ハ\u{309A}葛\u{E0100}", Weight::Regular).text(), "がパ葛");
        assert_eq!(typesetter.missing, BTreeSet::new());
    }
}
