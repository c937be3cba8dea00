//! Several statements made into one text: what costs is not the statement but the way to the database and back.

use std::collections::HashMap;
use std::sync::Arc;

use super::Arg;

/// Joined texts by the addresses of their parts.
pub(super) type Scripts = HashMap<Vec<usize>, Arc<str>>;

/// One statement of a script.
pub(crate) struct Step {
    pub(crate) sql: &'static str,
    pub(crate) args: Vec<Arg>,
    /// It changes nothing and is there only to keep the script's text the same.
    pub(crate) idle: bool,
    /// By which a later step of one statement finds what this one answers; may be empty.
    pub(crate) name: &'static str,
}

impl Step {
    pub(crate) const fn new(sql: &'static str, args: Vec<Arg>) -> Self {
        Self { sql, args, idle: false, name: "" }
    }
}

/// The statements' texts, the parameters of each numbered on from those before it.
fn numbered(steps: &[Step]) -> Vec<String> {
    let mut before = 0;
    let renumbered = steps.iter().map(|step| {
        let mut parts = step.sql.split('$');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let number = part[..digits].parse::<usize>().expect("a dollar sign begins a parameter");
            text.push_str(&format!("${}{}", number + before, &part[digits..]));
        }
        before += step.args.len();
        text
    });
    renumbered.collect()
}

/// The text of the steps together, made once, and all their arguments.
pub(super) fn made(scripts: &mut Scripts, steps: Vec<Step>, make: fn(&[Step]) -> String) -> (Arc<str>, Vec<Arg>) {
    let parts = steps.iter().map(|step| step.sql.as_ptr().addr()).collect();
    let text = Arc::clone(scripts.entry(parts).or_insert_with(|| make(&steps).into()));
    (text, steps.into_iter().flat_map(|step| step.args).collect())
}

/// One behind the other, as SQLite runs them.
pub(super) fn join(steps: &[Step]) -> String {
    numbered(steps).into_iter().map(|text| text + ";\n").collect()
}

/// All in one statement, as PostgreSQL takes them: the last, with the others in front of it.
pub(super) fn weave(steps: &[Step]) -> String {
    let mut texts = numbered(steps);
    let last = texts.pop().unwrap_or_default();
    let others = texts.iter().zip(steps).enumerate().map(|(nth, (text, step))| match step.name {
        "" => format!("s{nth} AS ({text})"),
        name => format!("{name} AS ({text})"),
    });
    let others: Vec<_> = others.collect();
    if others.is_empty() { last } else { format!("WITH {}\n{last}", others.join(",\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::args;

    #[test]
    fn the_parameters_of_joined_statements_are_numbered_on() {
        let steps = [
            Step::new("BEGIN", vec![]),
            Step::new("UPDATE a SET b = $2 WHERE c = $1", args![1_i64, 2_i64]),
            Step::new("DELETE FROM a WHERE c = $1", args![3_i64]),
        ];
        assert_eq!(join(&steps), "BEGIN;\nUPDATE a SET b = $2 WHERE c = $1;\nDELETE FROM a WHERE c = $3;\n");
        let woven = "WITH s0 AS (UPDATE a SET b = $2 WHERE c = $1)\nDELETE FROM a WHERE c = $3";
        assert_eq!(weave(&steps[1..]), woven);
        assert_eq!(weave(&steps[2..]), "DELETE FROM a WHERE c = $1");
        let named =
            [Step { name: "gone", ..Step::new("DELETE FROM a RETURNING b", vec![]) }, Step::new("TABLE gone", vec![])];
        assert_eq!(weave(&named), "WITH gone AS (DELETE FROM a RETURNING b)\nTABLE gone");
    }
}
