//! Commands through the writer, and what is read back.

use domain::case::Case;
use domain::changes::{Changes, Write};
use domain::notice::*;
use domain::survey::{Month, SurveyFact};
use storage::ApplyError;

use super::ground::{Ground, day, line, options};
use super::on_both_stores;

on_both_stores! {
    /// As the history of the fictional city is written: nothing that was there before is guarded.
    async fn a_stay_may_come_together_with_its_notice(ground: Ground) {
        let mut changes = ground.admission();
        let id = changes.encounter.as_ref().unwrap().row().id;
        let notice = ground.notice(id);
        changes.deliveries = vec![ground.delivery(ground.office.id, Some(&notice))];
        changes.notices = vec![notice.clone()];
        let applied = ground.store.apply(changes).await.unwrap();
        assert_eq!(applied.serials, [(notice.id, 1)]);
        let case = ground.store.case(ground.region.id, id).await.unwrap().unwrap();
        assert_eq!(case.notices, [Notice { serial: 1, ..notice }]);
    }

    async fn what_a_command_writes_is_read_back_the_same(ground: Ground) {
        let mut case = ground.admitted().await;
        let mut changes = ground.filing(&case, "k");
        changes.contacts.push(Contact {
            id: ground.id(),
            region_id: ground.region.id,
            encounter_id: case.encounter.id,
            kind: NoticeKind::Admission,
            medium: Medium::Fax,
            by_organization_id: ground.hospital.id,
            with_whom: line("架空 里美"),
            told_on: None,
            planned_on: Some(day(11, 28)),
            receipt_confirmed: false,
            recorded_at: ground.now,
            recorded_by: ground.nurse.id,
            taken_back: Some(TakenBack { at: ground.now, by: ground.nurse.id }),
        });
        changes.warnings.push(domain::deadline::Warning {
            id: ground.id(),
            region_id: ground.region.id,
            encounter_id: case.encounter.id,
            rule: domain::deadline::DeadlineRule::DischargeNotice,
            subject: case.encounter.id.uuid(),
            due_on: day(11, 23),
            level: domain::deadline::Level::Ahead(2),
            warned_at: ground.now,
        });
        let applied = ground.store.apply(changes.clone()).await.unwrap();
        assert_eq!(applied.serials, [(changes.notices[0].id, 1)]);
        changes.onto(&mut case);
        case.notices[0].serial = 1;
        assert_eq!(read(&ground, &case).await, case);
    }

    async fn a_settled_notice_keeps_everything_but_its_state(ground: Ground) {
        let case = ground.admitted().await;
        ground.store.apply(ground.filing(&case, "k")).await.unwrap();
        let mut case = read(&ground, &case).await;
        let (at, by) = (ground.now, ground.nurse.id);
        let states = [
            NoticeState::Acknowledged { at, by },
            NoticeState::Declined { at, by },
            NoticeState::Withdrawn { at, by, why: line("別の方でした") },
            NoticeState::Replaced { at, by, with: ground.id() },
        ];
        for state in states {
            let mut changes = changed(&case);
            changes.notices = vec![Notice { state, ..case.notices[0].clone() }];
            ground.store.apply(changes.clone()).await.unwrap();
            changes.onto(&mut case);
            assert_eq!(read(&ground, &case).await, case);
        }
    }

    async fn a_stale_command_writes_nothing_and_may_use_its_key_again(ground: Ground) {
        let case = ground.admitted().await;
        let (first, second) = tokio::join!(
            ground.store.apply(ground.filing(&case, "first")),
            ground.store.apply(ground.filing(&case, "second")),
        );
        let refused = [first, second].into_iter().filter(Result::is_err).collect::<Vec<_>>();
        assert_eq!(refused, [Err(ApplyError::Stale)]);
        let case = read(&ground, &case).await;
        assert_eq!((case.notices.len(), case.encounter.revision), (1, 2));
        for key in ["first", "second"] {
            let known = ground.store.idempotency(ground.nurse.id, key).await.unwrap();
            if known.is_none() {
                ground.store.apply(ground.filing(&case, key)).await.unwrap();
            }
        }
        assert_eq!(read(&ground, &case).await.notices.len(), 2);
    }

    async fn a_command_that_is_stale_in_one_of_two_guards_writes_neither(ground: Ground) {
        let case = ground.admitted().await;
        let mut changes = ground.filing(&case, "k");
        let row = domain::patient::Patient { version: 9, ..case.patient.clone() };
        changes.patient = Some(Write::Update { row, read_at: 8 });
        let other = ground.admission();
        let (stale, good) = tokio::join!(ground.store.apply(changes), ground.store.apply(other));
        assert_eq!((stale, good.is_ok()), (Err(ApplyError::Stale), true));
        assert_eq!(read(&ground, &case).await, case);
    }

    async fn a_repeated_key_brings_the_first_answer_again(ground: Ground) {
        let case = ground.admitted().await;
        let changes = ground.filing(&case, "k");
        let (one, two) = tokio::join!(ground.store.apply(changes.clone()), ground.store.apply(changes.clone()));
        let repeated = Err(ApplyError::Repeated(Box::new(ground.key("k"))));
        assert!(one.is_ok() && two == repeated || two.is_ok() && one == repeated, "{one:?} {two:?}");
        assert_eq!(ground.store.apply(changes).await, repeated);
        assert_eq!(read(&ground, &case).await.notices.len(), 1);
    }

    async fn a_bad_row_fails_alone(ground: Ground) {
        let case = ground.admitted().await;
        let mut bad = changed(&case);
        bad.notices = vec![Notice { serial: 0, recipient: Recipient { organization_id: ground.id(), ..ground.notice(case.encounter.id).recipient }, ..ground.notice(case.encounter.id) }];
        let others = (0..20).map(|_| ground.store.apply(ground.admission()));
        let mut all: Vec<_> = others.map(|apply| Box::pin(apply) as Boxed<_>).collect();
        all.insert(7, Box::pin(ground.store.apply(bad)));
        let done = futures_all(all).await;
        let refused: Vec<usize> = done.iter().enumerate().filter(|(_, r)| matches!(r, Err(ApplyError::Refused { .. }))).map(|(n, _)| n).collect();
        assert_eq!(refused, [7]);
        assert_eq!(done.iter().filter(|r| r.is_ok()).count(), 20);
        assert_eq!(read(&ground, &case).await, case);
        assert!(ground.store.verify_audit().await.unwrap().is_whole());
    }

    async fn serial_numbers_have_no_gap_and_no_double(ground: Ground) {
        let mut cases = Vec::new();
        for _ in 0..30 {
            cases.push(ground.admitted().await);
        }
        let store = &ground.store;
        let filing = |(n, case): (usize, &Case)| -> Boxed<_> { Box::pin(store.apply(ground.filing(case, &n.to_string()))) };
        let filed: Vec<Result<storage::Applied, ApplyError>> = futures_all(cases.iter().enumerate().map(filing).collect()).await;
        let mut serials: Vec<i64> = filed.into_iter().map(|applied| applied.unwrap().serials[0].1).collect();
        serials.sort_unstable();
        assert_eq!(serials, (1..=30).collect::<Vec<_>>());
        let week = store.weekly_serials(ground.region.id, ground.now, ground.now.plus_days(7)).await.unwrap();
        assert_eq!(week, [(ground.office.id, 1, 30)]);
    }

    async fn the_counted_cells_are_what_the_facts_add_up_to(ground: Ground) {
        for n in 0..5 {
            let case = ground.admitted().await;
            if n > 1 {
                ground.store.apply(ground.filing(&case, &n.to_string())).await.unwrap();
            }
        }
        let month = Month::from_number(202_611).unwrap();
        let facts = ground.store.survey_facts(ground.region.id, month, month).await.unwrap();
        let mut counted = std::collections::BTreeMap::new();
        for key in facts.iter().flat_map(SurveyFact::cells) {
            *counted.entry(key).or_insert(0) += 1;
        }
        let cells = ground.store.survey_cells(ground.region.id, month, month).await.unwrap();
        assert_eq!(facts.len(), 5);
        assert_eq!(cells.into_iter().map(|cell| (cell.key, cell.count)).collect::<std::collections::BTreeMap<_, _>>(), counted);
    }

    async fn every_row_of_the_trail_follows_from_the_one_before(ground: Ground) {
        let case = ground.admitted().await;
        ground.store.append_audit(vec![ground.audit(None, "look"), ground.audit(None, "look")]).await.unwrap();
        ground.store.apply(ground.filing(&case, "k")).await.unwrap();
        let report = ground.store.verify_audit().await.unwrap();
        assert!(report.is_whole());
        assert_eq!(report.chains.iter().map(|chain| chain.rows).collect::<Vec<_>>(), [4]);
        let again = storage::Store::open(&ground.url, &options()).await.unwrap();
        again.append_audit(vec![ground.audit(None, "look")]).await.unwrap();
        assert_eq!(again.verify_audit().await.unwrap().chains.len(), 2);
        let trail = again.audit(ground.region.id, &storage::AuditFilter::default(), 10).await.unwrap();
        assert_eq!(trail.len(), 5);
    }
}

/// The encounter at its next revision, and nothing else.
fn changed(case: &Case) -> Changes {
    let read_at = case.encounter.revision;
    let row = domain::encounter::Encounter { revision: read_at + 1, ..case.encounter.clone() };
    Changes { encounter: Some(Write::Update { row, read_at }), ..Changes::default() }
}

async fn read(ground: &Ground, case: &Case) -> Case {
    ground.store.case(ground.region.id, case.encounter.id).await.unwrap().unwrap()
}

type Boxed<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// All at once, answers in their order.
async fn futures_all<T>(mut futures: Vec<Boxed<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in futures.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
