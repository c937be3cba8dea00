//! Pieces to pages.
//!
//! A piece marked `keep` stays with the next one; such a chain moves to a new page as a whole when it doesn't fit. A
//! chain taller than a page is broken where it must be. A piece never is: what makes pieces keeps them below a page.

use std::sync::Arc;

use crate::drawing::Drawing;

/// What a page break can't cut.
#[derive(Debug, Clone, Default)]
pub(crate) struct Piece {
    pub(crate) drawing: Drawing,
    /// Space above; none at the top of a page.
    pub(crate) before: f32,
    /// Stays with the next piece.
    pub(crate) keep: bool,
    /// Drawn above the piece when it comes first on a page: the head of its table.
    pub(crate) head: Option<Arc<Drawing>>,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    #[default]
    Flowing,
    /// Ends the page.
    Break,
    /// A page of its own, drawn from the corner of the paper, without header and footer.
    WholePage,
}

/// One page to be: drawings and how far below the top of the body they lie.
#[derive(Debug, Default)]
pub(crate) struct Paged {
    pub(crate) placed: Vec<(f32, Arc<Drawing>)>,
    pub(crate) whole: bool,
}

/// Breaks pieces into pages whose body is `height` tall. There is always one page.
pub(crate) fn paginate(pieces: Vec<Piece>, height: f32) -> Vec<Paged> {
    let mut pages = Pages { done: Vec::new(), open: Paged::default(), y: 0.0, height };
    let mut rest = pieces.into_iter().peekable();
    while let Some(piece) = rest.next() {
        match piece.kind {
            Kind::Break => pages.turn(),
            Kind::WholePage => {
                pages.turn();
                pages.done.push(Paged { placed: vec![(0.0, Arc::new(piece.drawing))], whole: true });
            }
            Kind::Flowing => {
                let mut chain = vec![piece];
                while chain.last().is_some_and(|last| last.keep) {
                    match rest.next_if(|next| next.kind == Kind::Flowing) {
                        Some(next) => chain.push(next),
                        None => break,
                    }
                }
                pages.place(chain);
            }
        }
    }
    pages.turn();
    if pages.done.is_empty() {
        pages.done.push(Paged::default());
    }
    pages.done
}

struct Pages {
    done: Vec<Paged>,
    open: Paged,
    y: f32,
    height: f32,
}

impl Pages {
    fn turn(&mut self) {
        self.y = 0.0;
        if !self.open.placed.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
    }

    fn place(&mut self, chain: Vec<Piece>) {
        let whole: f32 = chain.iter().map(|piece| piece.before + piece.drawing.height).sum();
        if whole <= self.height && self.y + whole > self.height {
            self.turn();
        }
        for piece in chain {
            if self.y > 0.0 && self.y + piece.before + piece.drawing.height > self.height {
                self.turn();
            }
            if self.y > 0.0 {
                self.y += piece.before;
            } else if let Some(head) = piece.head {
                self.y = head.height;
                self.open.placed.push((0.0, head));
            }
            let y = self.y;
            self.y += piece.drawing.height;
            self.open.placed.push((y, Arc::new(piece.drawing)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(height: f32, keep: bool) -> Piece {
        Piece { drawing: Drawing::new(10.0, height), keep, before: 5.0, ..Piece::default() }
    }

    fn tops(pages: &[Paged]) -> Vec<Vec<f32>> {
        pages.iter().map(|page| page.placed.iter().map(|placed| placed.0).collect()).collect()
    }

    #[test]
    fn a_chain_moves_to_the_next_page_as_a_whole() {
        let pages = paginate(vec![piece(60.0, false), piece(20.0, true), piece(20.0, false)], 100.0);
        assert_eq!(tops(&pages), [vec![0.0], vec![0.0, 25.0]]);
    }

    #[test]
    fn a_chain_taller_than_a_page_is_broken_where_it_must_be() {
        let pages = paginate(vec![piece(60.0, true), piece(60.0, true), piece(30.0, false)], 100.0);
        assert_eq!(tops(&pages), [vec![0.0], vec![0.0, 65.0]]);
    }

    #[test]
    fn breaks_make_no_empty_pages_and_nothing_makes_one_page() {
        let turn = || Piece { kind: Kind::Break, ..Piece::default() };
        assert_eq!(tops(&paginate(vec![turn(), piece(10.0, false), turn(), turn()], 100.0)), [vec![0.0]]);
        assert_eq!(paginate(Vec::new(), 100.0).len(), 1);
    }

    #[test]
    fn the_head_of_a_table_is_repeated_on_the_next_page() {
        let head = Arc::new(Drawing::new(10.0, 20.0));
        let row = || Piece { head: Some(Arc::clone(&head)), before: 0.0, ..piece(40.0, false) };
        let first = Piece { drawing: head.as_ref().clone(), keep: true, ..Piece::default() };
        let pages = paginate(vec![first, row(), row(), row()], 100.0);
        assert_eq!(tops(&pages), [vec![0.0, 20.0, 60.0], vec![0.0, 20.0]]);
    }
}
