//! Claims, leases and what the sweep asks.

use domain::Instant;
use domain::changes::Changes;
use domain::delivery::{Attempt, DeliveryState, Response};
use domain::party::{Organization, OrganizationKind};
use storage::{ClaimedDelivery, OutboxCounts};

use super::ground::{Ground, line, options};
use super::on_both_stores;

fn attempt(ground: &Ground, claimed: &ClaimedDelivery, response: Response) -> Attempt {
    Attempt { id: ground.id(), delivery_id: claimed.delivery.id, attempted_at: ground.now, response }
}

on_both_stores! {
    async fn a_claimed_mail_is_nobody_elses_until_the_lease_ends(ground: Ground) {
        let case = ground.admitted().await;
        ground.store.apply(ground.filing(&case, "k")).await.unwrap();
        let (store, now) = (&ground.store, ground.now);
        let (mine, other) = (ground.id(), ground.id());
        let lease = now.plus_seconds(60);
        assert_eq!(store.oldest_pending_delivery_at(now).await.unwrap(), Some(now));
        let claimed = store.claim_deliveries(mine, now, lease, 10, &[]).await.unwrap().deliveries;
        assert_eq!((claimed.len(), claimed[0].serial, claimed[0].organization_name.as_str()), (1, Some(1), "架空ケアプラン"));
        assert_eq!(store.claim_deliveries(other, now.plus_seconds(59), lease, 10, &[]).await.unwrap().deliveries, []);
        let again = store.claim_deliveries(other, lease, lease.plus_seconds(60), 10, &[]).await.unwrap().deliveries;
        assert_eq!(again.len(), 1);

        let transient = Response::TransientError { code: Some(451), detail: "later".into() };
        let late = DeliveryState::Delivered { at: now, attempts: 1 };
        let lost = attempt(&ground, &claimed[0], Response::Ok);
        assert!(!store.finish_delivery(mine, lost, late.clone()).await.unwrap());
        let next_attempt_at = lease.plus_seconds(10);
        let pending = DeliveryState::Pending { next_attempt_at, attempts: 1 };
        assert!(store.finish_delivery(other, attempt(&ground, &again[0], transient), pending).await.unwrap());
        assert_eq!(store.claim_deliveries(other, lease, lease, 10, &[]).await.unwrap().deliveries, []);
        let third = store.claim_deliveries(mine, next_attempt_at, next_attempt_at.plus_seconds(60), 10, &[]).await.unwrap().deliveries;
        assert!(store.finish_delivery(mine, attempt(&ground, &third[0], Response::Ok), late).await.unwrap());

        let notice_id = claimed[0].delivery.notice_id.unwrap();
        let kept = store.deliveries_of_notice(notice_id).await.unwrap();
        assert_eq!((kept.len(), kept[0].1.len()), (1, 3), "every attempt is a row");
        let counts = store.outbox_counts(ground.region.id).await.unwrap();
        assert_eq!(counts, OutboxCounts { notices: 1, delivered: 1, ..OutboxCounts::default() });
    }

    async fn what_a_worker_has_in_hand_is_neither_claimed_nor_recalled(ground: Ground) {
        let (store, worker, before) = (&ground.store, ground.id(), ground.now.plus_seconds(-3600));
        let deliveries: Vec<_> = (0..3).map(|_| ground.delivery(ground.office.id, None)).collect();
        let in_hand = [deliveries[0].id];
        store.apply(Changes { deliveries, ..Changes::default() }).await.unwrap();
        let claim = async |now: Instant| {
            let claimed = store.claim_deliveries(worker, now, now.plus_seconds(60), 10, &in_hand).await.unwrap();
            claimed.deliveries.len()
        };
        assert_eq!(store.claim_deliveries(worker, ground.now, ground.now.plus_seconds(60), 10, &[]).await.unwrap().deliveries.len(), 3);
        assert_eq!(claim(ground.now.plus_seconds(60)).await, 2, "its lease has run out, and it is in hand");
        // The clock is set back by an hour. What was dropped is free again, whoever claimed it.
        store.recall_deliveries(before, before.plus_seconds(120), &in_hand).await.unwrap();
        assert_eq!(claim(before).await, 2);
        store.recall_deliveries(before, before.plus_seconds(120), &[]).await.unwrap();
        let rest = store.claim_deliveries(worker, before, before.plus_seconds(60), 10, &[]).await.unwrap();
        assert_eq!(rest.deliveries.iter().map(|claimed| claimed.delivery.id).collect::<Vec<_>>(), in_hand);
    }

    async fn no_office_waits_behind_anothers_thousand(ground: Ground) {
        let small: Vec<Organization> = (0..4)
            .map(|n| Organization {
                id: ground.id(),
                kind: OrganizationKind::CareOffice,
                name: line(&format!("架空 {n}")),
                ..ground.office.clone()
            })
            .collect();
        let mut changes = Changes::default();
        changes.directory.organizations.clone_from(&small);
        changes.deliveries.extend((0..1000).map(|_| ground.delivery(ground.office.id, None)));
        changes.deliveries.extend(small.iter().map(|office| ground.delivery(office.id, None)));
        ground.store.apply(changes).await.unwrap();
        let (worker, until) = (ground.id(), ground.now.plus_seconds(60));
        let claimed = ground.store.claim_deliveries(worker, ground.now, until, 50, &[]).await.unwrap().deliveries;
        for office in &small {
            assert!(claimed.iter().any(|c| c.delivery.organization_id == office.id));
        }
        let more = ground.store.claim_deliveries(worker, ground.now, until, 50, &[]).await.unwrap().deliveries;
        assert_eq!(more.len(), 50);
    }

    async fn two_workers_never_claim_the_same(ground: Ground) {
        let deliveries = (0..200).map(|_| ground.delivery(ground.office.id, None)).collect();
        ground.store.apply(Changes { deliveries, ..Changes::default() }).await.unwrap();
        let other = storage::Store::open(&ground.url, &options()).await.unwrap();
        let mut seen = std::collections::BTreeSet::new();
        let until = ground.now.plus_seconds(60);
        loop {
            let (a, b) = tokio::join!(
                ground.store.claim_deliveries(ground.id(), ground.now, until, 20, &[]),
                other.claim_deliveries(ground.id(), ground.now, until, 20, &[]),
            );
            let (a, b) = (a.unwrap().deliveries, b.unwrap().deliveries);
            if a.is_empty() && b.is_empty() {
                break;
            }
            for claimed in a.into_iter().chain(b) {
                assert!(seen.insert(claimed.delivery.id), "claimed twice");
            }
        }
        assert_eq!(seen.len(), 200);
    }

    async fn the_sweep_is_asked_the_moment_before_at_and_after(ground: Ground) {
        let case = ground.admitted().await;
        ground.store.apply(ground.filing(&case, "k")).await.unwrap();
        let at = ground.now.plus_days(3);
        let due = async |at| ground.store.due_encounters(at, 10).await.unwrap();
        assert_eq!(due(Instant::from_micros(at.micros() - 1)).await, []);
        assert_eq!(due(at).await, [case.encounter.id]);
        assert_eq!(due(Instant::from_micros(at.micros() + 1)).await, [case.encounter.id]);
        assert_eq!(ground.store.next_deadline_at().await.unwrap(), Some(at));
        assert_eq!(ground.store.cases(&[case.encounter.id, ground.id()]).await.unwrap().len(), 1);
    }

    async fn a_job_runs_once_whoever_comes_first(ground: Ground) {
        let other = storage::Store::open(&ground.url, &options()).await.unwrap();
        let (a, b) = tokio::join!(ground.store.claim_once("weekly", ground.now), other.claim_once("weekly", ground.now));
        assert!(a.unwrap() ^ b.unwrap());
        assert_eq!(ground.store.last_sweep_at().await.unwrap(), None);
        ground.store.record_sweep(ground.now).await.unwrap();
        other.record_sweep(ground.now.plus_seconds(-5)).await.unwrap();
        assert_eq!(ground.store.last_sweep_at().await.unwrap(), Some(ground.now));
    }
}
