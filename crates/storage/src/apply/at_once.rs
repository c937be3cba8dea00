//! The usual case: everything is new and nothing has changed meanwhile. Then the database needs to be asked only once, and what it is told
//! says itself what must be so: a key that is taken, a stay that has changed, a row that a constraint refuses each end it as an error.
//! Nothing is written then, and the transaction is run again step by step, which finds out whose fault it was.
//!
//! Serial numbers are counted in the same breath: a new notice brings along how far it stands from the last of its receiver's.

use std::collections::{HashMap, HashSet};

use domain::changes::{DirectoryChanges, Write};
use domain::{EncounterId, OrganizationId};
use uuid::Uuid;

use super::filed::{counting, is_new};
use super::{Abort, Applied, Batch, Task, step_of};
use crate::chain::Chain;
use crate::dialect::{Dialect, once};
use crate::engine::{Ends, Step, args};
use crate::rows::*;
use crate::table::Rows;

impl Batch<'_> {
    /// Whether nothing here has to hear from the database before the rest can be written.
    pub(super) fn fits_at_once(&self) -> bool {
        let mut stays = HashSet::<EncounterId>::new();
        self.going().all(|(_, c)| {
            let seen = c.purge.is_some() || c.credentials.iter().any(domain::credential::Proof::is_claim);
            let known = matches!(c.patient, Some(Write::Update { .. })) || c.directory != DirectoryChanges::default();
            !seen && !known && c.encounter.as_ref().is_none_or(|write| stays.insert(write.row().id))
        })
    }

    /// The whole transaction.
    pub(super) async fn at_once(&mut self, chain: &mut Chain) -> Result<(), Abort> {
        let arrivals = self.tasks.iter().any(|task| matches!(task, Task::Apply(c) if c.brings_people()));
        let answers = self.has_answers();
        if arrivals {
            self.conn.run(self.dialect.begin(), vec![]).await?;
            self.people_and_stays().await?;
        }
        let steps = self.steps(chain)?;
        let ends = Ends { opens: !arrivals, closes: !answers };
        let mut serials = HashMap::<Uuid, i64>::new();
        for row in self.conn.together(steps, ends).await? {
            if let Some(id) = row.get::<Option<Uuid>>(0)? {
                serials.insert(id, row.get(1)?);
            }
        }
        let applied = self.going().map(|(index, changes)| {
            let new = changes.notices.iter().filter(|notice| is_new(notice));
            let given = new.filter_map(|notice| Some((notice.id, *serials.get(&notice.id.uuid())?)));
            (index, Applied { serials: given.collect(), ..Applied::default() })
        });
        self.applied = applied.filter(|(_, applied)| !applied.serials.is_empty()).collect();
        if answers { self.answers_and_end().await } else { Ok(()) }
    }

    fn steps(&self, chain: &mut Chain) -> Result<Vec<Step>, Abort> {
        let d = self.dialect;
        let (mut stays, mut settled, mut new) = (self.rows(&ENCOUNTER), self.rows(&NOTICE), self.rows(&NOTICE));
        let mut guarded = 0;
        let mut left: HashMap<OrganizationId, i64> =
            self.wanted().into_iter().map(|(id, (_, count))| (id, count)).collect();
        for (_, changes) in self.going() {
            if let Some(Write::Update { row, read_at }) = &changes.encounter {
                write_encounter(&mut stays, row, Some(*read_at));
                guarded += 1;
            }
            for notice in &changes.notices {
                if is_new(notice) {
                    let left = left.entry(notice.recipient.organization_id).or_insert(1);
                    *left -= 1;
                    write_notice(&mut new, notice, -*left);
                } else {
                    write_notice(&mut settled, notice, notice.serial);
                }
            }
        }
        let quiet = guarded == 0 && new.is_empty();
        let always = |rows: Rows| -> Result<Step, Abort> { Ok(Step { idle: quiet, ..step_of("", rows)? }) };
        let stays = Step { sql: once!(d, guarded_stays(d)), name: "guarded", ..always(stays)? };
        let new = Step { sql: once!(d, numbered_notices(d)), name: "numbered", ..always(new)? };
        let counted = Step { sql: counting(d), name: "counted", ..always(self.counted())? };
        let check = Step { idle: quiet, ..Step::new(once!(d, as_many(d)), args![i64::from(guarded)]) };

        let mut steps = vec![step_of(IDEMPOTENCY.add(d), self.joined(&IDEMPOTENCY, |ready| &ready.key))?, stays];
        let mut last = Vec::new();
        // PostgreSQL sees what the others answered only in the last of its one statement, SQLite what has just changed.
        if d == Dialect::Sqlite {
            steps.push(check);
        } else {
            last.push(check);
        }
        steps.extend([counted, step_of(NOTICE.update(d), settled)?]);
        steps.extend(self.filed(new, chain)?);
        steps.extend(last);
        Ok(steps)
    }
}

/// Answers with the stays only where the count of the answers says whether all were as they had been read.
fn guarded_stays(d: Dialect) -> String {
    match d {
        Dialect::Sqlite => ENCOUNTER.guarded_text(d, "revision"),
        Dialect::Postgres => ENCOUNTER.update_guarded(d, "revision").to_owned(),
    }
}

/// The last number of the receiver, and how far the notice stands from it.
fn numbered_notices(d: Dialect) -> String {
    let counted = if d == Dialect::Sqlite { "serial_counter" } else { "counted" };
    let last = format!("(SELECT c.last FROM {counted} AS c WHERE c.organization_id = r.recipient_id)");
    let insert = NOTICE.insert_with(d, &[("serial", format!("{last} + r.serial"))]);
    format!("{insert} RETURNING id, serial")
}

/// An error unless as many stays were changed as there are guards.
fn as_many(d: Dialect) -> String {
    match d {
        Dialect::Sqlite => "SELECT NULL, abs(-9223372036854775807 - (changes() <> $1))".into(),
        Dialect::Postgres => {
            "SELECT NULL::uuid, (1 / (CASE WHEN (SELECT count(*) FROM guarded) = $1 THEN 1 ELSE 0 END))::bigint
             UNION ALL SELECT id, serial FROM numbered"
                .into()
        }
    }
}
