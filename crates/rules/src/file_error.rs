//! Why a file written by people was refused, in the words they need to mend it: file, line, key, what was expected.

use std::fmt;

/// A file that cannot be used. There is one such error for agreements, calendars and forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The file's name as the operator knows it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, with its table where there is one: `criteria.tier`.
    pub key: String,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}`: expected {}", self.file, self.line, self.key, self.expected)
    }
}

impl std::error::Error for FileError {}

impl FileError {
    /// An error in a TOML file, with the key found from its place in the text.
    #[must_use]
    pub fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let message = error.message().trim();
        let (key, expected) = match quoted_after(message, "missing field `") {
            Some(field) => (field.to_owned(), "a value; the key is missing".to_owned()),
            None => (key_at(text, at), expectation(message)),
        };
        Self { file: file.to_owned(), line: line_of(text, at), key: with_table(text, at, &key), expected }
    }

    /// An error that was found after reading: in the table that begins at byte `table_at` of the text, under `key`. The line is that of
    /// the key, or of the table if the key is not written there.
    #[must_use]
    pub fn in_table(file: &str, text: &str, table_at: usize, key: &str, expected: impl Into<String>) -> Self {
        let table_at = table_at.min(text.len());
        let (mut at, mut offset) = (table_at, table_at);
        for (nth, line) in text[table_at..].split_inclusive('\n').enumerate() {
            let start = line.trim_start();
            if nth > 0 && start.starts_with('[') {
                break;
            }
            if start.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')) {
                at = offset;
                break;
            }
            offset += line.len();
        }
        Self {
            file: file.to_owned(),
            line: line_of(text, at),
            key: with_table(text, at, key),
            expected: expected.into(),
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The key put behind the name of the table in which the place lies.
fn with_table(text: &str, at: usize, key: &str) -> String {
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let header = text[..end].lines().rev().find(|line| line.starts_with('['));
    let table = header.map(|line| line.split('#').next().unwrap_or(line).trim().trim_matches(['[', ']']));
    match table {
        Some(table) if table == key => key.to_owned(),
        Some(table) if !key.is_empty() => format!("{table}.{key}"),
        Some(table) => table.to_owned(),
        None => key.to_owned(),
    }
}

/// The key to which the place belongs: the name before the nearest `=`, or the name that begins here.
fn key_at(text: &str, at: usize) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let before = text[..at].trim_end();
    let named = if let Some(before) = before.strip_suffix('=') {
        before.trim_end().rsplit(|c| !is_name(c)).next().unwrap_or_default()
    } else {
        let here = text[at..].split(|c| !is_name(c)).next().unwrap_or_default();
        let after = text[at + here.len()..].trim_start();
        if after.starts_with('=') { here } else { "" }
    };
    if !named.is_empty() {
        return named.to_owned();
    }
    // Inside a list over several lines: the first key of the nearest line above that has one.
    let line_end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let mut lines = text[..line_end].lines().rev().take_while(|line| !line.starts_with('['));
    let found =
        lines.find_map(|line| line.split_once('=').map(|(key, _)| key.trim()).filter(|key| key.chars().all(is_name)));
    found.unwrap_or_default().to_owned()
}

fn quoted_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.split_once(start)?.1.split('`').next()
}

fn expectation(message: &str) -> String {
    // chrono speaks of its own reading, not of what the file should say.
    let chrono =
        ["input contains invalid characters", "premature end of input", "input is out of range", "trailing input"];
    if chrono.contains(&message) || message.ends_with("expected a formatted date string") {
        return "a day that exists, written \"2026-04-01\" in quotes (a time: \"09:00\")".to_owned();
    }
    match message.rsplit_once("expected ") {
        Some((found, expected)) if !expected.is_empty() => {
            let found = found.trim_end_matches(", ").trim();
            if found.is_empty() { expected.to_owned() } else { format!("{expected} ({found})") }
        }
        _ => format!("a readable value ({message})"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the errors are looked at")]
    struct File {
        days: u16,
        table: Table,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the errors are looked at")]
    struct Table {
        name: String,
        list: Vec<u16>,
    }

    fn refused(text: &str) -> String {
        FileError::from_toml("a.toml", text, &toml::from_str::<File>(text).unwrap_err()).to_string()
    }

    #[test]
    fn a_broken_file_is_refused_with_file_line_key_and_what_was_expected() {
        insta_like(&[
            (
                "days = \"five\"\n[table]\nname = \"x\"\nlist = []\n",
                "a.toml:1: `days`: expected u16 (invalid type: string \"five\")",
            ),
            (
                "days = 5\n[table]\nname = 7\nlist = []\n",
                "a.toml:3: `table.name`: expected a string (invalid type: integer `7`)",
            ),
            ("days = 5\n\n[table]\nname = \"x\"\n", "a.toml:3: `table.list`: expected a value; the key is missing"),
            (
                "days = 5\n[table]\nname = \"x\"\nlist = []\ncolour = 3\n",
                "a.toml:5: `table.colour`: expected `name` or `list` (unknown field `colour`)",
            ),
            (
                "days = 5\n[table]\nname = \"x\"\nlist = [\n  1,\n  -2,\n]\n",
                "a.toml:6: `table.list`: expected u16 (invalid value: integer `-2`)",
            ),
        ]);
        assert!(refused("days = \n").starts_with("a.toml:1: `days`: expected "));
    }

    fn insta_like(cases: &[(&str, &str)]) {
        for (text, wanted) in cases {
            assert_eq!(refused(text), *wanted, "{text}");
        }
    }

    #[test]
    fn an_error_found_after_reading_points_at_the_key_or_else_at_the_table() {
        let text = "days = 5\n[table] # words\nname = \"x\"\nlist = []\n[other]\nend = 1\n";
        let table_at = text.find("[table]").unwrap();
        let error = FileError::in_table("a.toml", text, table_at, "list", "something");
        assert_eq!(error.to_string(), "a.toml:4: `table.list`: expected something");
        let error = FileError::in_table("a.toml", text, table_at, "end", "something");
        assert_eq!(error.to_string(), "a.toml:2: `table.end`: expected something");
    }
}
