//! Mails against a relay that refuses, and the workers at work.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::delivery::{DeliveryState, Response};
use scheduler::mail::MemoryTransport;
use tokio::sync::Notify;

use super::town::{Town, instant, november, on_both, scheduler, transient};

on_both! {
    async fn a_relay_that_is_down_is_tried_on_schedule_then_given_up_and_escalated(town: Town) {
        let stay = town.admit(november(30)).await;
        let notice = town.tell(stay).await;
        town.mails.answer_next([transient(), transient(), transient()]);
        for (at, attempts) in [((10, 0), 1), ((10, 1), 2), ((10, 10), 2)] {
            town.clock_shows(2, at.0, at.1);
            town.expect_silence().await;
            assert_eq!(town.mails.attempts(), attempts, "at {at:?}");
        }
        town.clock_shows(2, 10, 11);
        let mut told = town.told().await;
        told.dedup();
        assert_eq!(told, ["desk", "office-second", "ward"]);
        assert_eq!(town.warnings(stay).await, ["undeliverable"]);
        let deliveries = town.store.deliveries_of_notice(notice).await.unwrap();
        let (given_up, attempts) = &deliveries[0];
        assert_eq!(given_up.state, DeliveryState::GivenUp { at: instant(2, 10, 11), attempts: 3 });
        let attempted: Vec<_> = attempts.iter().map(|attempt| attempt.attempted_at).collect();
        assert_eq!(attempted, [instant(2, 10, 0), instant(2, 10, 1), instant(2, 10, 11)]);
        town.expect_silence().await;
    }

    async fn a_refusal_for_good_is_escalated_at_once_and_once(town: Town) {
        let stay = town.admit(november(30)).await;
        town.tell(stay).await;
        let fatal = Response::FatalError { code: Some(550), detail: "no such mailbox".into() };
        town.mails.answer_next([fatal]);
        assert_eq!(town.told().await, ["desk", "office-second", "ward"]);
        assert_eq!(town.warnings(stay).await, ["undeliverable"]);
        let counts = town.store.outbox_counts(town.region).await.unwrap();
        assert_eq!((counts.notices, counts.delivered), (1, 1), "the office's second contact has it");
        assert_eq!(counts.pending_mails, 0);
        town.spoil("UPDATE delivery SET state = 'given_up' WHERE email = 'office-second@example.jp'").await;
        let counts = town.store.outbox_counts(town.region).await.unwrap();
        assert_eq!((counts.delivered, counts.given_up), (0, 1), "that the ward knows of it does not deliver it");
    }

    async fn a_warning_that_the_ward_can_not_be_sent_goes_to_the_desk_and_then_to_the_city(town: Town) {
        let stay = town.admit(november(30)).await;
        let fatal = || Response::FatalError { code: Some(550), detail: "no such mailbox".into() };
        town.clock_shows(23, 9, 0);
        town.mails.answer_next([fatal()]);
        assert_eq!(town.told().await, ["desk"]);
        town.clock_shows(25, 9, 0);
        town.mails.answer_next([fatal(), fatal()]);
        assert_eq!(town.told().await, ["city"]);
        town.expect_silence().await;
        assert_eq!(town.warnings(stay).await.len(), 2, "the mail goes on, the warning is the same");
    }

    async fn two_outboxes_at_once_send_each_mail_once(town: Town) {
        for _ in 0..20 {
            let stay = town.admit(november(30)).await;
            town.tell(stay).await;
        }
        let other = town.another_instance().await;
        let (first, second) = tokio::join!(town.scheduler.send_once(), other.send_once());
        let sent = [first, second].into_iter().filter_map(Result::ok).map(|report| report.delivered).sum::<usize>();
        let rest = town.scheduler.send_once().await.unwrap();
        let mails = town.mails.take_sent();
        let mut ids: Vec<_> = mails.iter().map(|mail| mail.message_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), mails.len(), sent + rest.delivered), (20, 20, 20));
    }

    async fn a_mail_is_sent_once_though_its_lease_runs_out_before_that_is_written_down(town: Town) {
        for _ in 0..30 {
            let stay = town.admit(november(30)).await;
            town.tell(stay).await;
        }
        // As where the process stands still at each answer.
        let clock = Arc::clone(&town.clock);
        let slow = MemoryTransport::answering(move |_| {
            clock.advance_seconds(301);
            Response::Ok
        });
        let slowly = scheduler(town.store.clone(), &town.clock, &slow);
        while town.store.pending_mails().await.unwrap() > 0 {
            slowly.send_once().await.unwrap();
            town.clock.advance_seconds(301);
        }
        let mails = slow.take_sent();
        let ids: HashSet<_> = mails.iter().map(|mail| mail.message_id.as_str()).collect();
        assert_eq!((ids.len(), mails.len()), (30, 30));
    }

    async fn a_mail_whose_worker_was_killed_is_sent_when_its_lease_has_run_out(town: Town) {
        let stay = town.admit(november(30)).await;
        town.tell(stay).await;
        let (now, lease_until) = (instant(2, 10, 0), instant(2, 10, 5));
        let killed = uuid::Uuid::from_u128(7);
        assert_eq!(town.store.claim_deliveries(killed, now, lease_until, 10, &[]).await.unwrap().deliveries.len(), 1);
        town.clock_shows(2, 10, 4);
        town.expect_silence().await;
        town.clock_shows(2, 10, 5);
        assert_eq!(town.told().await, ["office"]);
    }

    async fn a_clock_that_is_set_back_holds_up_no_mail_and_no_lease(town: Town) {
        let stay = town.admit(november(30)).await;
        town.tell(stay).await;
        // Somebody else holds it, dead since; and what is told now was told in a morning that has not come yet.
        let killed = uuid::Uuid::from_u128(7);
        let (now, lease_until) = (instant(2, 10, 0), instant(2, 10, 5));
        assert_eq!(town.store.claim_deliveries(killed, now, lease_until, 10, &[]).await.unwrap().deliveries.len(), 1);
        town.clock_shows(2, 10, 1);
        town.expect_silence().await;
        let other = town.admit(november(30)).await;
        town.tell(other).await;
        town.clock_shows(2, 8, 0);
        assert_eq!(town.told().await, ["office", "office"]);
        town.expect_silence().await;
        // Not so far back that somebody who lives might hold it.
        let third = town.admit(november(30)).await;
        town.tell(third).await;
        let (now, lease_until) = (instant(2, 8, 0), instant(2, 8, 5));
        assert_eq!(town.store.claim_deliveries(killed, now, lease_until, 10, &[]).await.unwrap().deliveries.len(), 1);
        town.clock_shows(2, 7, 58);
        town.expect_silence().await;
        town.clock_shows(2, 8, 5);
        assert_eq!(town.told().await, ["office"]);
    }

    async fn a_few_mails_of_one_ward_do_not_wait_behind_the_many_of_an_office(town: Town) {
        for _ in 0..40 {
            let stay = town.admit(november(30)).await;
            town.tell(stay).await;
        }
        town.admit(november(4)).await;
        town.scheduler.sweep_once().await.unwrap();
        town.scheduler.send_once().await.unwrap();
        let sent = town.mails.take_sent();
        assert_eq!(sent.len(), 41);
        let place = sent.iter().position(|mail| mail.to.as_str() == "ward@example.jp").unwrap();
        assert!(place < 2 * 5, "within two claims, but it came as number {place}");
    }

    async fn a_letter_that_cannot_be_read_does_not_hold_up_the_others(town: Town) {
        for _ in 0..6 {
            let stay = town.admit(november(30)).await;
            town.tell(stay).await;
        }
        town.spoil("UPDATE delivery SET letter = '{}' WHERE id IN (SELECT id FROM delivery ORDER BY id LIMIT 1)").await;
        let report = town.scheduler.send_once().await.unwrap();
        assert_eq!((report.delivered, report.given_up), (5 + 3, 1), "five letters, and three that tell of the sixth");
        let told: Vec<_> = town.mails.take_sent().iter().map(|mail| mail.to.as_str().to_owned()).collect();
        assert_eq!(told.iter().filter(|to| *to == "office@example.jp").count(), 5);
        for to in ["office-second@example.jp", "ward@example.jp", "desk@example.jp"] {
            assert_eq!(told.iter().filter(|told| *told == to).count(), 1, "{to}");
        }
        let counts = town.store.outbox_counts(town.region).await.unwrap();
        assert_eq!((counts.pending_mails, counts.notices), (0, 6));
        town.expect_silence().await;
    }

    async fn a_letter_that_cannot_be_read_about_a_stay_that_cannot_be_read_is_shown_as_set_aside(town: Town) {
        let stay = town.admit(november(30)).await;
        town.tell(stay).await;
        town.spoil("UPDATE delivery SET email = ''").await;
        town.spoil("UPDATE patient SET name = ''").await;
        assert_eq!(town.scheduler.send_once().await.unwrap().given_up, 1);
        let set_aside = town.store.set_aside_rows(town.region).await.unwrap();
        assert!(set_aside.iter().all(|row| row.encounter_id == stay), "{set_aside:?}");
        assert!(set_aside.iter().any(|row| row.set_aside.as_deref().is_some_and(|why| why.starts_with("patient.name"))), "{set_aside:?}");
        assert_eq!(town.store.outbox_counts(town.region).await.unwrap().pending_mails, 0);
    }

    async fn the_workers_find_by_themselves_what_a_nudge_or_a_tick_tells_them(town: Town) {
        let nudge = Arc::new(Notify::new());
        let running = town.scheduler.clone().start(Arc::clone(&nudge)).await.unwrap();
        let stay = town.admit(november(20)).await;
        town.tell(stay).await;
        nudge.notify_waiters();
        wait_for_mail(&town, "office").await;
        // Nobody nudges: the tick finds it.
        town.admit(november(4)).await;
        wait_for_mail(&town, "ward").await;
        running.stop().await;
        assert_eq!(town.store.last_sweep_at().await.unwrap(), Some(instant(2, 10, 0)));
    }
}

async fn wait_for_mail(town: &Town, to: &str) {
    for _ in 0..200 {
        if town.mails.take_sent().iter().any(|mail| mail.to.as_str() == format!("{to}@example.jp")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no mail to {to} within ten seconds");
}
