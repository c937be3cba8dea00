//! Finished pages to PDF bytes: the one file that speaks printpdf's operations.
//!
//! # Why the trailer is mended
//!
//! printpdf draws the two file identifiers from a counter of the process and dates the file 1970. A frozen report must
//! come out as the same bytes again, so the identifiers are made from the content and the dates are taken out. (The
//! date that matters to a reader stands on the paper.)

use printpdf::{
    Color, FontId, Line as Path, LinePoint, Mm, Op, PdfDocument, PdfFontHandle, PdfPage, PdfSaveOptions, Point,
    Polygon, PolygonRing, Pt, Rgb, TextItem, TextMatrix,
    font::PdfFont,
    graphics::{LineCapStyle, LineDashPattern, PaintMode},
};

use crate::{
    PaperError,
    document::Meta,
    drawing::{Drawing, Ink, Mark},
    font::Face,
};

/// A4 portrait, in points.
pub(crate) const PAGE: (f32, f32) = (595.276, 841.89);

/// Letters of each file identifier.
const ID_LENGTH: usize = 32;

pub(crate) fn write(meta: &Meta, pages: &[Drawing]) -> Result<Vec<u8>, PaperError> {
    let mut document = PdfDocument::new(&meta.title);
    document.metadata.info.subject.clone_from(&meta.subject);
    document.metadata.info.producer = "Tsunagi".into();
    for face in Face::ALL.into_iter().filter(|face| pages.iter().any(|page| shows(page, *face))) {
        document.resources.fonts.map.insert(FontId(face.name().into()), PdfFont::new(face.parsed().clone()));
    }
    document.pages = pages.iter().map(|page| PdfPage::new(Mm(210.0), Mm(297.0), operations(page))).collect();

    let mut warnings = Vec::new();
    let mut file = document.to_lopdf_document(&PdfSaveOptions::default(), &mut warnings);
    let refused = |error: String| PaperError::Unwritable(error);
    // The catalogue's language needs a PDF string; one is borrowed from the trailer, so that lopdf stays unnamed here.
    let ids = file.trailer.get(b"ID").and_then(|ids| ids.as_array()).map_err(|error| refused(error.to_string()))?;
    if let Some(mut language) = ids.first().cloned() {
        *language.as_str_mut().map_err(|error| refused(error.to_string()))? = meta.language.clone().into_bytes();
        file.catalog_mut().map_err(|error| refused(error.to_string()))?.set("Lang", language);
    }
    let info = file.trailer.get(b"Info").and_then(|info| info.as_reference()).map_err(|e| refused(e.to_string()))?;
    let info = file.get_dictionary_mut(info).map_err(|error| refused(error.to_string()))?;
    for key in ["CreationDate", "ModDate", "GTS_PDFXVersion", "Identifier", "Keywords", "Author", "Creator"] {
        info.remove(key.as_bytes());
    }
    file.compress();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).map_err(|error| refused(error.to_string()))?;
    identify(&mut bytes)?;
    Ok(bytes)
}

/// Replaces both file identifiers by letters made from everything before them.
fn identify(bytes: &mut [u8]) -> Result<(), PaperError> {
    let missing = || PaperError::Unwritable("the trailer has no identifiers".into());
    let trailer = bytes.windows(7).rposition(|window| window == b"trailer").ok_or_else(missing)?;
    let id = bytes[trailer..].windows(4).position(|window| window == b"/ID[").ok_or_else(missing)? + trailer;
    // FNV-1a, twice with different seeds: names the content, proves nothing.
    let digest = |seed: u64| {
        bytes[..trailer].iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let hex = format!("{:016X}{:016X}", digest(0xcbf2_9ce4_8422_2325), digest(0x9e37_79b9_7f4a_7c15));
    let mut at = id;
    for _ in 0..2 {
        at += bytes[at..].iter().position(|byte| *byte == b'(').ok_or_else(missing)? + 1;
        bytes.get_mut(at..at + ID_LENGTH).ok_or_else(missing)?.copy_from_slice(hex.as_bytes());
    }
    Ok(())
}

fn shows(page: &Drawing, face: Face) -> bool {
    page.marks.iter().any(|mark| matches!(mark, Mark::Text { line, .. } if line.runs.iter().any(|run| run.0 == face)))
}

/// What the page has been told last, so that nothing is told twice.
#[derive(Default)]
struct Pen {
    ops: Vec<Op>,
    fill: Option<Ink>,
    outline: Option<Ink>,
    width: Option<f32>,
    dash: &'static [f32],
}

fn operations(page: &Drawing) -> Vec<Op> {
    let mut pen = Pen::default();
    pen.ops.push(Op::SetLineCapStyle { cap: LineCapStyle::Butt });
    for mark in &page.marks {
        pen.draw(mark);
    }
    pen.ops
}

impl Pen {
    fn draw(&mut self, mark: &Mark) {
        match mark {
            Mark::Text { x, y, size, ink, line } => {
                self.fill(*ink);
                self.ops.push(Op::StartTextSection);
                let mut x = *x;
                for (face, text, em) in &line.runs {
                    let font = PdfFontHandle::External(FontId(face.name().into()));
                    self.ops.push(Op::SetFont { font, size: Pt(*size) });
                    let at = point((x, *y));
                    self.ops.push(Op::SetTextMatrix { matrix: TextMatrix::Translate(at.x, at.y) });
                    self.ops.push(Op::ShowText { items: vec![TextItem::Text(text.clone())] });
                    x += em * size;
                }
                self.ops.push(Op::EndTextSection);
            }
            Mark::Stroke { points, closed, width, ink, dash } => {
                self.outline(*ink, *width, dash);
                let points = points.iter().map(|at| corner(*at)).collect();
                self.ops.push(Op::DrawLine { line: Path { points, is_closed: *closed } });
            }
            Mark::Fill { points, ink } => {
                self.fill(*ink);
                let points = points.iter().map(|at| corner(*at)).collect();
                self.polygon(points, PaintMode::Fill);
            }
            Mark::Disc { x, y, radius, fill, rim } => {
                self.fill(*fill);
                if let Some(rim) = rim {
                    self.outline(*rim, crate::drawing::FIRM, &[]);
                }
                self.polygon(
                    circle(*x, *y, *radius),
                    if rim.is_some() { PaintMode::FillStroke } else { PaintMode::Fill },
                );
            }
        }
    }

    fn polygon(&mut self, points: Vec<LinePoint>, mode: PaintMode) {
        let polygon = Polygon { rings: vec![PolygonRing { points }], mode, ..Polygon::default() };
        self.ops.push(Op::DrawPolygon { polygon });
    }

    fn fill(&mut self, ink: Ink) {
        if self.fill.replace(ink) != Some(ink) {
            self.ops.push(Op::SetFillColor { col: colour(ink) });
        }
    }

    fn outline(&mut self, ink: Ink, width: f32, dash: &'static [f32]) {
        if self.outline.replace(ink) != Some(ink) {
            self.ops.push(Op::SetOutlineColor { col: colour(ink) });
        }
        if self.width.replace(width) != Some(width) {
            self.ops.push(Op::SetOutlineThickness { pt: Pt(width) });
        }
        if self.dash != dash {
            self.dash = dash;
            self.ops.push(Op::SetLineDashPattern { dash: LineDashPattern::new(0.0, dash) });
        }
    }
}

fn colour(Ink(r, g, b): Ink) -> Color {
    Color::Rgb(Rgb { r, g, b, icc_profile: None })
}

/// PDF counts from the bottom left; hundredths of a point are fine enough, and short.
fn point((x, y): (f32, f32)) -> Point {
    let round = |value: f32| Pt((value * 100.0).round() / 100.0);
    Point { x: round(x), y: round(PAGE.1 - y) }
}

fn corner(at: (f32, f32)) -> LinePoint {
    LinePoint { p: point(at), bezier: false }
}

/// Four Bézier quarters.
fn circle(x: f32, y: f32, r: f32) -> Vec<LinePoint> {
    let k = 0.552_285 * r;
    let handle = |dx: f32, dy: f32| LinePoint { p: point((x + dx, y + dy)), bezier: true };
    let end = |dx: f32, dy: f32| corner((x + dx, y + dy));
    vec![
        end(r, 0.0),
        handle(r, k),
        handle(k, r),
        end(0.0, r),
        handle(-k, r),
        handle(-r, k),
        end(-r, 0.0),
        handle(-r, -k),
        handle(-k, -r),
        end(0.0, -r),
        handle(k, -r),
        handle(r, -k),
        end(r, 0.0),
    ]
}
