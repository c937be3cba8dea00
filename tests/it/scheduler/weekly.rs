//! The letter with the serial numbers of the week, on Monday at nine.

use super::town::{Town, instant, november, on_both};

on_both! {
    async fn each_office_learns_its_numbers_once_whoever_writes_the_letter(town: Town) {
        for _ in 0..3 {
            let stay = town.admit(november(30)).await;
            town.tell(stay).await;
        }
        town.scheduler.send_once().await.unwrap();
        assert_eq!(town.mails.take_sent().len(), 3);
        town.clock_shows(9, 8, 59);
        assert_eq!(town.scheduler.weekly_once().await.unwrap(), 0);
        town.clock_shows(9, 9, 0);
        let other = town.another_instance().await;
        assert_eq!(town.scheduler.weekly_once().await.unwrap(), 1);
        assert_eq!(other.weekly_once().await.unwrap(), 0);
        assert_eq!(town.scheduler.weekly_once().await.unwrap(), 0);
        // The other instance makes sure of it and finds the letter there.
        town.clock_shows(9, 9, 10);
        assert_eq!(other.weekly_once().await.unwrap(), 0);
        town.scheduler.send_once().await.unwrap();
        let sent = town.mails.take_sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].to.as_str(), "office@example.jp");
        assert_eq!(sent[0].subject.as_str(), "【つなぎ】先週の連絡は第1号から第3号まででした");
        assert!(sent[0].text.contains("期間は11月2日(月)から11月8日(日)までです。"), "{}", sent[0].text);
    }

    async fn a_letter_whose_writer_was_killed_is_written_by_the_next(town: Town) {
        let stay = town.admit(november(30)).await;
        town.tell(stay).await;
        town.clock_shows(9, 9, 0);
        let name = format!("weekly-2026-11-09-{}", town.region);
        assert!(town.store.claim_once(&name, instant(9, 9, 0)).await.unwrap());
        assert_eq!(town.scheduler.weekly_once().await.unwrap(), 0);
        town.clock_shows(9, 9, 10);
        assert_eq!(town.scheduler.weekly_once().await.unwrap(), 1);
    }
}
