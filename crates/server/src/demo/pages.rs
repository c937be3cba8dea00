//! The demo's own pages: the mailbox, one mail (its text, and its HTML as a mail program would show it), and the button that moves
//! the clock.

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::Datelike;
use domain::Clock;
use domain::time::ShiftedClock;
use scheduler::mail::{StoredMail, read_mailbox};

/// Mails on the list.
const SHOWN: usize = 100;

#[derive(Clone)]
struct Demo {
    clock: Arc<ShiftedClock>,
    mails: PathBuf,
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Mailbox {
    stylesheet: &'static str,
    now: String,
    mails: Vec<Line>,
    /// There are older ones.
    cut: bool,
}

struct Line {
    number: usize,
    /// As the mail addresses them.
    whom: String,
    to: String,
    subject: String,
    at: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct OneMail {
    stylesheet: &'static str,
    number: usize,
    whom: String,
    to: String,
    subject: String,
    at: String,
    parts: Vec<Part>,
}

/// A piece of the mail's text: words, or an address to follow.
enum Part {
    Words(String),
    Link(String),
}

pub(super) fn router(clock: Arc<ShiftedClock>, mails: PathBuf) -> Router {
    Router::new()
        .route("/demo/mailbox", get(mailbox))
        .route("/demo/mails/{number}", get(mail))
        .route("/demo/mails/{number}/html", get(mail_html))
        .route("/demo/next-day", post(next_day))
        .with_state(Demo { clock, mails })
}

async fn mailbox(State(demo): State<Demo>) -> Response {
    let Ok(mails) = read_mailbox(&demo.mails).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let count = mails.len();
    let lines = mails.into_iter().enumerate().map(|(place, mail)| Line {
        // Numbered from the oldest, so that a number stays when new mails come.
        number: count - place,
        whom: whom(&mail.text),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        at: local(&mail),
    });
    let page = Mailbox {
        stylesheet: api::pages::stylesheet(),
        now: japanese(demo.clock.now().local()),
        mails: lines.take(SHOWN).collect(),
        cut: count > SHOWN,
    };
    show(&page)
}

async fn mail(State(demo): State<Demo>, Path(number): Path<usize>) -> Response {
    let Some(mail) = numbered(&demo, number).await else { return StatusCode::NOT_FOUND.into_response() };
    let page = OneMail {
        stylesheet: api::pages::stylesheet(),
        number,
        whom: whom(&mail.text),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        at: local(&mail),
        parts: parts(&mail.text),
    };
    show(&page)
}

/// The HTML part by itself, as it was sent; nothing in it may run or be fetched.
async fn mail_html(State(demo): State<Demo>, Path(number): Path<usize>) -> Response {
    let Some(mail) = numbered(&demo, number).await else { return StatusCode::NOT_FOUND.into_response() };
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    ([(header::CACHE_CONTROL, "no-store"), (header::CONTENT_SECURITY_POLICY, policy)], Html(mail.html)).into_response()
}

async fn numbered(demo: &Demo, number: usize) -> Option<StoredMail> {
    let mut mails = read_mailbox(&demo.mails).await.unwrap_or_default();
    let place = mails.len().checked_sub(number)?;
    (place < mails.len()).then(|| mails.swap_remove(place))
}

/// The first line of every letter names the office: 居宅介護支援事業所 すずらん 御中.
fn whom(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches("御中").trim().to_owned()
}

/// The clock goes on by a day; the scheduler's tick finds what has become due.
async fn next_day(State(demo): State<Demo>) -> Redirect {
    demo.clock.advance_days(1);
    Redirect::to("/demo/mailbox")
}

fn show(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn local(mail: &StoredMail) -> String {
    japanese(domain::Instant::from(mail.date).local())
}

fn japanese(at: chrono::NaiveDateTime) -> String {
    let weekday = ["月", "火", "水", "木", "金", "土", "日"][at.weekday().num_days_from_monday() as usize];
    format!("{}({weekday}) {}", at.format("%Y年%-m月%-d日"), at.format("%H:%M"))
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if word.starts_with("http://") || word.starts_with("https://") {
            parts.push(Part::Link(word.to_owned()));
            parts.push(Part::Words(piece[word.len()..].to_owned()));
        } else if let Some(Part::Words(words)) = parts.last_mut() {
            words.push_str(piece);
        } else {
            parts.push(Part::Words(piece.to_owned()));
        }
    }
    parts
}
