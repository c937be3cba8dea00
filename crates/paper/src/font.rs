//! The three vendored faces, unpacked and parsed once per process and only when first needed.
//!
//! BIZ UDGothic is a monospaced face (half and full width), so figures align in columns without further ado. Widths are
//! cut to thousandths of an em exactly as the PDF's width table cuts them: what is measured here is what a viewer draws.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::ZlibDecoder;
use printpdf::ParsedFont;

/// How heavy text is; chooses the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Weight {
    #[default]
    Regular,
    Bold,
}

/// One font program of the PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    Regular,
    Bold,
    /// Characters that BIZ UDGothic lacks (𠮷), in either weight.
    Rare,
}

static REGULAR: OnceLock<ParsedFont> = OnceLock::new();
static BOLD: OnceLock<ParsedFont> = OnceLock::new();
static RARE: OnceLock<ParsedFont> = OnceLock::new();

impl Face {
    pub(crate) const ALL: [Self; 3] = [Self::Regular, Self::Bold, Self::Rare];

    /// The resource name in the PDF; its first six letters become the subset tag, which must be capitals.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Regular => "BIZUDR",
            Self::Bold => "BIZUDB",
            Self::Rare => "NOTOJP",
        }
    }

    /// The first call of a process unpacks and parses the face, which takes some hundredths of a second.
    pub(crate) fn parsed(self) -> &'static ParsedFont {
        let parsed = match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
            Self::Rare => &RARE,
        };
        parsed.get_or_init(|| {
            ParsedFont::from_bytes(&self.unpacked(), 0, &mut Vec::new()).expect("a vendored face parses")
        })
    }

    /// The font file, which `build.rs` has packed.
    fn unpacked(self) -> Vec<u8> {
        let packed: &[u8] = match self {
            Self::Regular => include_bytes!(concat!(env!("OUT_DIR"), "/regular.zlib")),
            Self::Bold => include_bytes!(concat!(env!("OUT_DIR"), "/bold.zlib")),
            Self::Rare => include_bytes!(concat!(env!("OUT_DIR"), "/rare.zlib")),
        };
        let mut face = Vec::new();
        ZlibDecoder::new(packed).read_to_end(&mut face).expect("our own build packed it");
        face
    }

    /// The advance of a character in em, or `None` when the face has no glyph for it.
    fn advance(self, character: char) -> Option<f32> {
        let font = self.parsed();
        let glyph = font.lookup_glyph_index(character.into()).filter(|glyph| *glyph != 0)?;
        let units = u32::from(font.pdf_font_metrics.units_per_em).max(1);
        let thousandths = u32::from(font.get_horizontal_advance(glyph)) * 1000 / units;
        Some(thousandths as f32 / 1000.0)
    }
}

impl Weight {
    /// The face that shows a character in this weight and its advance in em; `None` when no face does.
    pub(crate) fn face_of(self, character: char) -> Option<(Face, f32)> {
        let first = match self {
            Self::Regular => Face::Regular,
            Self::Bold => Face::Bold,
        };
        [first, Face::Rare].into_iter().find_map(|face| Some((face, face.advance(character)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_half_a_kanji_wide_in_both_weights() {
        for weight in [Weight::Regular, Weight::Bold] {
            assert_eq!(weight.face_of('4').map(|found| found.1), Some(0.5));
            assert_eq!(weight.face_of('月').map(|found| found.1), Some(1.0));
        }
    }

    #[test]
    fn names_find_their_variants_and_rare_ones_the_second_face() {
        assert_eq!(Weight::Regular.face_of('髙').map(|found| found.0), Some(Face::Regular));
        assert_eq!(Weight::Regular.face_of('﨑').map(|found| found.0), Some(Face::Regular));
        assert_eq!(Weight::Regular.face_of('𠮷').map(|found| found.0), Some(Face::Rare));
    }

    #[test]
    fn what_japanese_offices_type_has_a_glyph() {
        for character in "◎○●△▲▽×※①⑳ⅠⅡⅣⅩ㈱〒々〆〇〜\u{FF5E}-−―…‥・℃㎎㎏㎡→←↑↓■□◆★☆♪ゔヴヵヶ髙﨑栁濵神\u{FA19}".chars()
        {
            assert!(Weight::Regular.face_of(character).is_some(), "{character} {:x}", u32::from(character));
        }
    }

    #[test]
    fn each_face_comes_out_of_the_program_as_it_was_vendored() {
        let vendored = |name| std::fs::read(format!("{}/fonts/{name}.ttf", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(Face::Regular.unpacked() == vendored("BIZUDGothic-Regular"));
        assert!(Face::Bold.unpacked() == vendored("BIZUDGothic-Bold"));
        assert!(Face::Rare.unpacked() == vendored("NotoSansJP-Regular"));
    }

    #[test]
    fn no_face_has_check_boxes() {
        assert_eq!(Weight::Regular.face_of('☑'), None);
    }
}
