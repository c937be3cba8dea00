//! A planned discharge of which nobody has been told: due five days before (11-15 for 11-20), warned 2 days ahead and on the day.

use domain::Instant;
use domain::deadline::Timeliness;

use super::town::{Town, november, on_both};

on_both! {
    async fn a_ward_is_warned_ahead_and_on_the_day_then_desk_and_city_each_once(town: Town) {
        let stay = town.admit(november(20)).await;
        town.expect_silence().await;
        for (before, at, whom) in [
            ((13, 8, 59), (13, 9, 0), vec!["ward"]),
            ((15, 8, 59), (15, 9, 0), vec!["ward"]),
            ((16, 8, 59), (16, 9, 0), vec!["desk", "ward"]),
            ((17, 8, 59), (17, 9, 0), vec!["city"]),
        ] {
            town.clock_shows(before.0, before.1, before.2);
            town.expect_silence().await;
            town.clock_shows(at.0, at.1, at.2);
            assert_eq!(town.told().await, whom, "at {at:?}");
            town.expect_silence().await;
        }
        town.clock_shows(30, 12, 0);
        town.expect_silence().await;
        assert_eq!(town.warnings(stay).await, ["ahead-2", "ahead-0", "missed-0", "missed-1"]);
        assert_eq!(town.case(stay).await.deadlines[0].timeliness, Timeliness::Missed);
    }

    async fn the_verdict_turns_at_midnight_without_a_warning(town: Town) {
        let stay = town.admit(november(20)).await;
        for (at, verdict) in [
            ((14, 23, 59), Timeliness::NotDue),
            ((15, 0, 0), Timeliness::Due),
            ((15, 23, 59), Timeliness::Due),
            ((16, 0, 0), Timeliness::Missed),
        ] {
            town.clock_shows(at.0, at.1, at.2);
            town.mails().await;
            assert_eq!(town.case(stay).await.deadlines[0].timeliness, verdict, "at {at:?}");
        }
    }

    async fn what_was_slept_through_is_said_once_in_its_latest_step(town: Town) {
        let stay = town.admit(november(20)).await;
        town.clock_shows(16, 10, 0);
        assert_eq!(town.told().await, ["desk", "ward"]);
        assert_eq!(town.warnings(stay).await, ["missed-0"]);
        town.clock_shows(23, 10, 0);
        assert_eq!(town.told().await, ["city"]);
        assert_eq!(town.warnings(stay).await, ["missed-0", "missed-1"]);
    }

    async fn after_days_of_downtime_ward_desk_and_city_hear_of_the_miss_in_one_warning(town: Town) {
        let stay = town.admit(november(20)).await;
        town.clock_shows(23, 10, 0);
        assert_eq!(town.told().await, ["city", "desk", "ward"]);
        assert_eq!(town.warnings(stay).await, ["missed-1"]);
        town.clock_shows(30, 12, 0);
        town.expect_silence().await;
    }

    async fn a_notice_stops_the_warnings(town: Town) {
        let stay = town.admit(november(20)).await;
        town.clock_shows(13, 9, 0);
        assert_eq!(town.told().await, ["ward"]);
        let notice = town.tell(stay).await;
        assert_eq!(town.told().await, ["office"]);
        town.step(&town.care_manager, stay, |d| d.acknowledge(notice, domain::notice::Acknowledgement::Accepted)).await;
        town.clock_shows(30, 12, 0);
        town.expect_silence().await;
        assert_eq!(town.warnings(stay).await, ["ahead-2"]);
    }

    async fn a_moved_day_moves_the_warnings(town: Town) {
        let stay = town.admit(november(20)).await;
        town.clock_shows(13, 9, 0);
        assert_eq!(town.told().await, ["ward"]);
        town.step(&town.nurse, stay, |d| d.plan_discharge(november(27))).await;
        town.clock_shows(19, 12, 0);
        town.expect_silence().await;
        town.clock_shows(20, 9, 0);
        assert_eq!(town.told().await, ["ward"]);
        assert_eq!(town.warnings(stay).await, ["ahead-2", "ahead-2"]);
    }

    async fn an_impossible_day_is_warned_of_at_once(town: Town) {
        let stay = town.admit(november(5)).await;
        let mails = town.mails().await;
        assert_eq!(mails, [("ward".to_owned(), "【つなぎ】すぐに退院連絡が必要な入院があります".to_owned())]);
        assert_eq!(town.warnings(stay).await, ["at-once"]);
        assert_eq!(town.case(stay).await.deadlines[0].timeliness, Timeliness::Impossible);
        town.clock_shows(3, 9, 0);
        assert_eq!(town.told().await, ["desk", "ward"]);
    }

    async fn two_sweeps_at_once_warn_once(town: Town) {
        let mut stays = Vec::new();
        for _ in 0..30 {
            stays.push(town.admit(november(20)).await);
        }
        town.clock_shows(13, 9, 0);
        let other = town.another_instance().await;
        let (first, second) = tokio::join!(town.scheduler.sweep_once(), other.sweep_once());
        // SQLite lets one process write at a time; whoever was locked out says so and looks again at the next tick.
        let swept = [first, second].into_iter().filter_map(Result::ok).map(|report| report.warnings).sum::<usize>();
        let rest = town.scheduler.sweep_once().await.unwrap();
        assert_eq!(swept + rest.warnings, 30);
        for stay in stays {
            assert_eq!(town.warnings(stay).await, ["ahead-2"]);
        }
        town.scheduler.send_once().await.unwrap();
        assert_eq!(town.mails.take_sent().len(), 30);
    }

    async fn a_stay_that_cannot_be_read_is_set_aside_and_the_others_go_on(town: Town) {
        let (good, bad, also_good) =
            (town.admit(november(20)).await, town.admit(november(20)).await, town.admit(november(20)).await);
        // No program of ours writes that.
        let patient = town.case(bad).await.patient.id;
        town.spoil(&format!("UPDATE patient SET kana = 'latin' WHERE id = {}", town.literal(patient.uuid()))).await;
        town.clock_shows(13, 9, 0);
        let report = town.scheduler.sweep_once().await.unwrap();
        assert_eq!((report.warnings, report.set_aside), (2, 1));
        for stay in [good, also_good] {
            assert_eq!(town.warnings(stay).await, ["ahead-2"]);
        }
        let aside = town.store.set_aside_rows(town.region).await.unwrap();
        assert_eq!(aside.iter().map(|row| row.encounter_id).collect::<Vec<_>>(), [bad]);
        let reason = aside[0].set_aside.clone().unwrap();
        assert!(reason.contains("holds what can't be"), "{reason}");
        let again = town.scheduler.sweep_once().await.unwrap();
        assert_eq!((again.swept, again.set_aside), (0, 0));
        assert_eq!(town.store.last_sweep_at().await.unwrap(), Some(town_now(&town)));
    }
}

fn town_now(town: &Town) -> Instant {
    use domain::Clock;
    town.clock.now()
}
