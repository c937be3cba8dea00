//! The pages as a browser without script meets them: what is asked, what is shown to whom, what comes back.

mod answers;
mod forms;
mod lists;
mod particulars;
mod stays;

use tests::{Person, Reply};

use super::api::hidden;

/// Sends the form of a page as it stands there, filled in with `typed`, by its button "send".
async fn press(browser: &Person, path: &str, page: &Reply, typed: &[(&str, &str)]) -> Reply {
    let fields = hidden(&page.text());
    let kept = fields.iter().filter(|(name, _)| typed.iter().all(|(known, _)| known != name));
    let mut sent: Vec<(&str, &str)> = kept.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    sent.extend_from_slice(typed);
    sent.push(("action", "send"));
    browser.submit(path, &sent).await
}

/// A page that is there; its text.
async fn text(browser: &Person, path: &str) -> String {
    let page = browser.get(path).await;
    assert_eq!(page.status.as_u16(), 200, "{path}: {}", page.text());
    page.text()
}

/// Where a command led, without what it came to (`?done=`).
fn led_to(reply: &Reply) -> String {
    assert_eq!(reply.status.as_u16(), 303, "{}", reply.text());
    let to = reply.header("location").expect("where it leads");
    to.split('?').next().unwrap_or(to).to_owned()
}
