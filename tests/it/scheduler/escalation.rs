//! A notice that nobody acknowledges. Monday 2026-11-23 is a holiday (勤労感謝の日) between a weekend and the next working noon.

use domain::notice::{Acknowledgement, NoticeState};

use super::town::{Town, november, on_both};

on_both! {
    async fn an_unacknowledged_notice_goes_up_at_the_working_noons_after_weekend_and_holiday(town: Town) {
        town.clock_shows(20, 15, 0);
        let stay = town.admit(november(30)).await;
        town.tell(stay).await;
        assert_eq!(town.mails().await, [("office".to_owned(), "【つなぎ】退院連絡が1件届いています(第1号)".to_owned())]);
        for (before, at, whom) in [
            ((24, 11, 59), (24, 12, 0), vec!["office-second"]),
            ((25, 11, 59), (25, 12, 0), vec!["desk", "ward"]),
            ((26, 11, 59), (26, 12, 0), vec!["city"]),
        ] {
            town.clock_shows(before.0, before.1, before.2);
            town.expect_silence().await;
            town.clock_shows(at.0, at.1, at.2);
            assert_eq!(town.told().await, whom, "at {at:?}");
        }
        assert_eq!(town.warnings(stay).await, ["unacknowledged-0", "unacknowledged-1", "unacknowledged-2"]);
    }

    async fn an_acknowledgement_ends_it(town: Town) {
        town.clock_shows(20, 15, 0);
        let stay = town.admit(november(30)).await;
        let notice = town.tell(stay).await;
        town.clock_shows(24, 12, 0);
        assert_eq!(town.told().await, ["office", "office-second"]);
        town.step(&town.care_manager, stay, |d| d.acknowledge(notice, Acknowledgement::Accepted)).await;
        town.clock_shows(27, 12, 0);
        town.expect_silence().await;
    }

    async fn other_office_goes_on_at_once_with_a_clock_of_its_own(town: Town) {
        town.clock_shows(20, 15, 0);
        let stay = town.admit(november(30)).await;
        let notice = town.tell(stay).await;
        assert_eq!(town.told().await, ["office"]);
        town.clock_shows(24, 11, 0);
        let to = town.other_office;
        town.step(&town.care_manager, stay, |d| d.acknowledge(notice, Acknowledgement::OtherOffice { to })).await;
        assert_eq!(
            town.mails().await,
            [
                ("other".to_owned(), "【つなぎ】退院連絡が1件届いています(第1号)".to_owned()),
                ("ward".to_owned(), "【つなぎ】お送りの連絡に「担当ではない」と回答がありました".to_owned()),
            ]
        );
        let case = town.case(stay).await;
        assert!(matches!(case.notice(notice).unwrap().state, NoticeState::Declined { .. }));
        town.clock_shows(24, 12, 0);
        assert_eq!(town.told().await, ["other-second"]);
    }

    async fn whoever_is_away_calls_in_the_second_contact_at_once(town: Town) {
        town.clock_shows(20, 15, 0);
        let stay = town.admit(november(30)).await;
        let notice = town.tell(stay).await;
        town.told().await;
        town.step(&town.care_manager, stay, |d| d.acknowledge(notice, Acknowledgement::Away)).await;
        assert_eq!(town.told().await, ["office-second"]);
        town.clock_shows(24, 12, 0);
        assert_eq!(town.told().await, ["office-second"]);
    }
}
