//! Lists, searches, sessions, the directory.

use domain::changes::{CalendarFile, Changes, DirectoryChanges, Write};
use domain::credential::{Failure, Proof, Session, Stage, Totp};
use domain::encounter::{Destination, Encounter, EncounterState};
use domain::notice::{Acknowledgement, AcknowledgementRecord, Reading};
use domain::party::Organization;
use storage::{ApplyError, EncounterFilter, NoticeFilter, SessionRow, WarningFilter};

use super::ground::{Ground, day, line, options};
use super::on_both_stores;

on_both_stores! {
    async fn stays_are_listed_newest_first_and_page_by_page(ground: Ground) {
        let region_id = ground.region.id;
        let mut ids = Vec::new();
        for n in 0..5 {
            let case = ground.admitted().await;
            ids.insert(0, case.encounter.id);
            if n == 4 {
                ground.store.apply(ground.filing(&case, "k")).await.unwrap();
            }
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let filter = EncounterFilter { hospital_id: Some(ground.hospital.id), open_only: true, ..EncounterFilter::default() };
        let first = ground.store.list_encounters(region_id, &filter, None, 3).await.unwrap();
        let rest = ground.store.list_encounters(region_id, &filter, Some(first[2].encounter.id), 3).await.unwrap();
        let listed: Vec<_> = first.iter().chain(&rest).map(|line| line.encounter.id).collect();
        assert_eq!(listed, ids);
        let told: Vec<_> = first.iter().chain(&rest).filter(|line| line.unacknowledged == 1).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].deadline.as_ref().unwrap().due_on, day(11, 23));
    }

    /// What is cut off is what can wait longest, whenever it was registered.
    async fn what_falls_due_first_is_listed_first_and_all_of_it_is_counted(ground: Ground) {
        let region_id = ground.region.id;
        let mut cases = Vec::new();
        for _ in 0..4 {
            cases.push(ground.admitted().await);
        }
        // Only the oldest has anything due.
        ground.store.apply(ground.filing(&cases[0], "k")).await.unwrap();
        let filter = EncounterFilter { hospital_id: Some(ground.hospital.id), open_only: true, ..EncounterFilter::default() };
        let (hospital, office) = (ground.hospital.id, ground.office.id);
        let first = ground.store.encounters_by_deadline(region_id, &filter, hospital, 2).await.unwrap();
        let listed: Vec<_> = first.iter().map(|line| line.encounter.id).collect();
        let registered_first = cases[1..].iter().map(|case| case.encounter.id).min().unwrap();
        assert_eq!(listed, [cases[0].encounter.id, registered_first]);
        assert_eq!(ground.store.count_encounters(region_id, &filter).await.unwrap(), 4);
        assert_eq!((first[0].to_answer(office), first[0].awaited(office)), (1, 0), "the office answers");
        assert_eq!((first[0].to_answer(hospital), first[0].awaited(hospital)), (0, 1), "the hospital waits");
        let mut earlier = ground.filing(&cases[1], "l");
        earlier.notices[0].issued_at = ground.now.plus_seconds(-60);
        ground.store.apply(earlier).await.unwrap();
        let asked = NoticeFilter { recipient_id: Some(office), unanswered_only: true, ..NoticeFilter::default() };
        let oldest = ground.store.oldest_notices(region_id, &asked, 1).await.unwrap();
        assert_eq!(oldest[0].notice.encounter_id, cases[1].encounter.id, "whichever was written first");
        assert_eq!(ground.store.count_notices(region_id, &asked).await.unwrap(), 2);
    }

    async fn an_office_sees_the_stays_of_its_own_clients(ground: Ground) {
        ground.admitted().await;
        let asked = |office_id, today| EncounterFilter { office_id: Some(office_id), today, ..EncounterFilter::default() };
        for (office, today, seen) in [
            (ground.office.id, None, 1),
            (ground.office.id, Some(day(11, 20)), 1),
            (ground.office.id, Some(day(3, 31)), 0),
            (ground.id(), Some(day(11, 20)), 0),
        ] {
            let lines = ground.store.list_encounters(ground.region.id, &asked(office, today), None, 10).await.unwrap();
            assert_eq!(lines.len(), seen, "{today:?}");
        }
    }

    async fn an_inbox_shows_what_waits(ground: Ground) {
        let case = ground.admitted().await;
        let changes = ground.filing(&case, "k");
        let notice = changes.notices[0].clone();
        ground.store.apply(changes).await.unwrap();
        let asked = NoticeFilter { recipient_id: Some(ground.office.id), unanswered_only: true, ..NoticeFilter::default() };
        let lines = ground.store.list_notices(ground.region.id, &asked, None, 10).await.unwrap();
        assert_eq!((lines.len(), lines[0].notice.id, lines[0].patient_name.as_str()), (1, notice.id, "北見 花子"));
        let others = NoticeFilter { state: Some("declined".into()), ..NoticeFilter::default() };
        assert_eq!(ground.store.list_notices(ground.region.id, &others, None, 10).await.unwrap(), []);
        assert_eq!(ground.store.notice(ground.id(), notice.id).await.unwrap(), None, "another region");
        assert_eq!(ground.store.deliveries_of_notice(notice.id).await.unwrap().len(), 1);
    }

    async fn a_first_reading_and_an_answer_are_kept(ground: Ground) {
        let case = ground.admitted().await;
        let changes = ground.filing(&case, "k");
        let notice_id = changes.notices[0].id;
        ground.store.apply(changes).await.unwrap();
        let reading = |at| Reading { region_id: ground.region.id, notice_id, account_id: ground.nurse.id, first_read_at: at };
        let answer = AcknowledgementRecord {
            id: ground.id(),
            region_id: ground.region.id,
            encounter_id: case.encounter.id,
            notice_id,
            answer: Acknowledgement::OtherOffice { to: ground.hospital.id },
            at: ground.now,
            by: ground.nurse.id,
        };
        let first = Changes { readings: vec![reading(ground.now)], acknowledgements: vec![answer.clone()], ..Changes::default() };
        ground.store.apply(first).await.unwrap();
        let later = Changes { readings: vec![reading(ground.now.plus_days(1))], ..Changes::default() };
        ground.store.apply(later).await.unwrap();
        assert_eq!(ground.store.readings(notice_id).await.unwrap(), [reading(ground.now)]);
        assert_eq!(ground.store.acknowledgements(notice_id).await.unwrap(), [answer]);
    }

    async fn a_person_is_found_by_either_kana_or_by_number(ground: Ground) {
        let case = ground.admitted().await;
        let found = async |prefix: &str| ground.store.find_patients(ground.region.id, prefix, None, 10).await.unwrap();
        for prefix in ["きたみ", "キタミ ハ", "きたみは", "キタミ ハナコ", "キタミハナコ", "H123456789", ""] {
            assert_eq!(found(prefix).await, std::slice::from_ref(&case.patient), "{prefix}");
        }
        for other in ["ハナコ", "キタミ ハナコサン", "H12345678", "H1234567890"] {
            assert_eq!(found(other).await, [], "{other}");
        }
        assert_eq!(ground.store.possible_duplicates(&case.patient).await.unwrap(), []);
        let twin = ground.patient("北見 華子", "きたみ はなこ");
        assert_eq!(ground.store.possible_duplicates(&twin).await.unwrap(), std::slice::from_ref(&case.patient));
        let mut twin = ground.patient("北見 華子", "きたみはなこ");
        twin.insured_number = None;
        assert_eq!(ground.store.possible_duplicates(&twin).await.unwrap(), std::slice::from_ref(&case.patient), "unspaced");
        let after = ground.store.find_patients(ground.region.id, "", Some(case.patient.id), 10).await.unwrap();
        assert_eq!(after, []);
        let (patient, team, last) = ground.store.new_case(ground.region.id, case.patient.id).await.unwrap().unwrap();
        assert_eq!((patient, team, last), (case.patient, case.team, None));
    }

    async fn the_last_discharge_comes_with_a_person_and_with_her_later_stay(ground: Ground) {
        let first = ground.admitted().await;
        let (region_id, patient_id, read_at) = (ground.region.id, first.patient.id, first.encounter.revision);
        let state = EncounterState::Discharged { on: day(11, 25), to: Destination::Home };
        let row = Encounter { state, revision: read_at + 1, ..first.encounter.clone() };
        ground.store.apply(Changes { encounter: Some(Write::Update { row, read_at }), ..Changes::default() }).await.unwrap();
        let (_, _, last) = ground.store.new_case(region_id, patient_id).await.unwrap().unwrap();
        assert_eq!(last, Some(day(11, 25)));
        let again = Encounter { admitted_at: ground.now.plus_days(30), ..ground.encounter(patient_id) };
        let id = again.id;
        ground.store.apply(Changes { encounter: Some(Write::New(again)), ..Changes::default() }).await.unwrap();
        let last_of = async |id| ground.store.case(region_id, id).await.unwrap().unwrap().last_discharge_on;
        assert_eq!((last_of(id).await, last_of(first.encounter.id).await), (Some(day(11, 25)), None));
    }

    async fn a_session_knows_whose_it_is(ground: Ground) {
        let account = ground.store.account_by_login("nurse").await.unwrap().unwrap();
        assert_eq!(account, ground.nurse);
        let session = Session {
            token_hash: [1; 32],
            id: ground.id(),
            region_id: ground.region.id,
            account_id: account.id,
            stage: Stage::Open,
            csrf: "c".into(),
            agent: "架空ブラウザ".into(),
            address: "192.0.2.1".into(),
            created_at: ground.now,
            last_seen_at: ground.now,
            expires_at: ground.now.plus_days(1),
        };
        let row = SessionRow {
            account: domain::party::Account { password_hash: String::new(), ..account.clone() },
            session: session.clone(),
        };
        apply(&ground, vec![Proof::BeginSession(Box::new(session.clone()))]).await.unwrap();
        let (known, unknown) = tokio::join!(ground.store.session([1; 32]), ground.store.session([2; 32]));
        assert_eq!((known.unwrap(), unknown.unwrap()), (Some(row), None));
        ground.store.touch_session([1; 32], ground.now.plus_seconds(5)).await.unwrap();
        let seen = ground.store.sessions_of(account.id, ground.now).await.unwrap();
        assert_eq!(seen, [Session { last_seen_at: ground.now.plus_seconds(5), ..session }]);
        ground.store.delete_expired_sessions(ground.now.plus_days(1)).await.unwrap();
        assert_eq!(ground.store.session([1; 32]).await.unwrap(), None);
        let named = ground.store.accounts_named(&[account.id]).await.unwrap();
        assert_eq!(named, [(account.id, "架空 看護".to_owned())]);
    }

    /// Many at once, as from several instances: one wins, and of the others nothing is written.
    async fn a_claim_is_won_once(ground: Ground) {
        let (account_id, region_id) = (ground.nurse.id, ground.region.id);
        let totp = Totp { secret: vec![7; 20], last_step: 40, set_at: ground.now };
        let codes = vec![[1; 32], [2; 32]];
        let set = vec![
            Proof::SetTotp { region_id, account_id, totp },
            Proof::SetRecoveryCodes { region_id, account_id, codes },
        ];
        apply(&ground, set).await.unwrap();
        let other = storage::Store::open(&ground.url, &options()).await.unwrap();
        let stores = [&ground.store, &other, &ground.store, &other, &ground.store, &ground.store];
        let won = async |claim: Proof| {
            let tries = stores.map(|store| {
                let credentials = vec![claim.clone()];
                let audit = vec![ground.audit(None, "claimed")];
                async move { store.apply(Changes { credentials, audit, ..Changes::default() }).await }
            });
            let [a, b, c, d, e, f] = tries;
            let done = tokio::join!(a, b, c, d, e, f);
            let done = [done.0, done.1, done.2, done.3, done.4, done.5];
            assert!(done.iter().all(|one| matches!(one, Ok(_) | Err(ApplyError::Stale))), "{done:?}");
            done.iter().filter(|one| one.is_ok()).count()
        };
        assert_eq!(won(Proof::TotpStep { account_id, step: 41 }).await, 1);
        assert_eq!(won(Proof::TotpStep { account_id, step: 41 }).await, 0);
        assert_eq!(won(Proof::TotpStep { account_id, step: 39 }).await, 0, "an older code");
        assert_eq!(won(Proof::RecoveryCode { account_id, code_hash: [1; 32], at: ground.now }).await, 1);
        assert_eq!(won(Proof::RecoveryCode { account_id, code_hash: [3; 32], at: ground.now }).await, 0);
        let factors = ground.store.factors(account_id).await.unwrap();
        assert_eq!((factors.codes_left, factors.totp.unwrap().last_step), (1, 41));
        let trail = ground.store.audit(region_id, &storage::AuditFilter::default(), 100).await.unwrap();
        assert_eq!(trail.iter().filter(|row| row.entry.action == "claimed").count(), 2);
        other.close().await;
    }

    async fn failures_lock_within_their_time_and_a_claim_unlocks(ground: Ground) {
        let now = ground.now;
        let fail = |at: domain::Instant| {
            vec![Proof::Failed(Failure { key: [9; 32], at, since: at.plus_seconds(-60), limit: 3, until: at.plus_seconds(60) })]
        };
        let locked = async |at| !ground.store.is_locked(&[[9; 32], [8; 32]], at).await.unwrap().is_empty();
        for seconds in [0, 70, 80] {
            apply(&ground, fail(now.plus_seconds(seconds))).await.unwrap();
        }
        assert!(!locked(now.plus_seconds(81)).await, "the first is forgotten");
        apply(&ground, fail(now.plus_seconds(81))).await.unwrap();
        assert!(locked(now.plus_seconds(82)).await);
        let unlock = |at| vec![Proof::Unlocked { key: [9; 32], at }];
        assert_eq!(apply(&ground, unlock(now.plus_seconds(82))).await, Err(ApplyError::Stale));
        apply(&ground, unlock(now.plus_seconds(141))).await.unwrap();
        assert!(!locked(now.plus_seconds(141)).await);
    }

    async fn a_lock_is_made_no_longer_by_failures_within_it(ground: Ground) {
        let now = ground.now;
        let fail = |seconds| {
            let at = now.plus_seconds(seconds);
            vec![Proof::Failed(Failure { key: [9; 32], at, since: at.plus_seconds(-60), limit: 3, until: at.plus_seconds(60) })]
        };
        for seconds in [0, 1, 2, 30, 61] {
            apply(&ground, fail(seconds)).await.unwrap();
        }
        let locked = async |seconds| !ground.store.is_locked(&[[9; 32]], now.plus_seconds(seconds)).await.unwrap().is_empty();
        assert!(locked(61).await);
        assert!(!locked(62).await, "a minute after the third");
        apply(&ground, fail(62)).await.unwrap();
        apply(&ground, fail(63)).await.unwrap();
        assert!(!locked(64).await, "it begins anew");
    }

    /// Ten guesses at once are ten guesses: the right one behind three wrong ones comes too late.
    async fn a_claim_behind_too_many_failures_of_the_same_moment_is_lost(ground: Ground) {
        let at = ground.now;
        let failed = Proof::Failed(Failure { key: [9; 32], at, since: at.plus_seconds(-60), limit: 3, until: at.plus_seconds(60) });
        let fail = || apply(&ground, vec![failed.clone()]);
        for claim in [Proof::NotLocked { key: [9; 32], at }, Proof::Unlocked { key: [9; 32], at }] {
            let (.., claimed) = tokio::join!(fail(), fail(), fail(), fail(), fail(), apply(&ground, vec![claim]));
            assert_eq!(claimed, Err(ApplyError::Stale));
        }
        let other = Proof::NotLocked { key: [8; 32], at };
        apply(&ground, vec![other]).await.unwrap();
    }

    async fn a_changed_directory_is_seen_in_another_process_with_the_next_read(ground: Ground) {
        let case = ground.admitted().await;
        let other = storage::Store::open(&ground.url, &options()).await.unwrap();
        let name = async |store: &storage::Store| {
            let directory = store.directory(ground.region.id).await.unwrap();
            directory.organization(ground.office.id).unwrap().name.as_str().to_owned()
        };
        assert_eq!(name(&other).await, "架空ケアプラン");
        let renamed = Organization { name: line("架空ケアプラン二号"), version: 2, ..ground.office.clone() };
        let directory = DirectoryChanges {
            organizations: vec![renamed],
            accounts: vec![ground.nurse.clone()],
            ..DirectoryChanges::default()
        };
        ground.store.apply(Changes { directory, ..Changes::default() }).await.unwrap();
        assert_eq!(name(&ground.store).await, "架空ケアプラン二号");
        other.case(ground.region.id, case.encounter.id).await.unwrap().unwrap();
        assert_eq!(name(&other).await, "架空ケアプラン二号");
        assert_eq!(other.regions().await.unwrap(), std::slice::from_ref(&ground.region));
        assert!(other.directory(ground.id()).await.is_err());
    }

    async fn warnings_overdue_and_set_aside_rows_are_listed(ground: Ground) {
        let case = ground.admitted().await;
        let mut changes = ground.filing(&case, "k");
        changes.deadlines[0].timeliness = domain::deadline::Timeliness::Missed;
        ground.store.apply(changes).await.unwrap();
        let overdue = ground.store.overdue(ground.region.id, 10).await.unwrap();
        assert_eq!((overdue.len(), overdue[0].ward_id), (1, ground.ward.id));
        ground.store.set_aside(case.encounter.id, "a reason", ground.now).await.unwrap();
        let aside = ground.store.set_aside_rows(ground.region.id).await.unwrap();
        assert_eq!(aside[0].set_aside.as_deref(), Some("a reason"));
        assert_eq!(ground.store.due_encounters(ground.now.plus_days(9), 10).await.unwrap(), []);
        assert_eq!(ground.store.list_warnings(ground.region.id, &WarningFilter::default(), None, 10).await.unwrap(), []);
    }

    async fn a_published_year_and_a_loaded_calendar_keep_their_bytes(ground: Ground) {
        let (store, region_id) = (&ground.store, ground.region.id);
        let report = "{ \"b\": 1,\n \"a\": 2 }";
        assert!(store.publish_survey(region_id, "2026", report, ground.now).await.unwrap());
        assert!(!store.publish_survey(region_id, "2026", "{}", ground.now).await.unwrap());
        assert_eq!(store.published_survey(region_id, "2026").await.unwrap(), Some((report.to_owned(), ground.now)));
        assert_eq!(store.list_published(region_id).await.unwrap(), [("2026".to_owned(), ground.now)]);
        assert_eq!(store.calendar_csv().await.unwrap(), None);
        let file = CalendarFile { csv: vec![0x8d, 0, 0x91], loaded_at: ground.now, loaded_by: ground.nurse.id };
        store.apply(Changes { calendar_file: Some(file), ..Changes::default() }).await.unwrap();
        assert_eq!(store.calendar_loaded_at().await.unwrap(), Some(ground.now));
        assert_eq!(store.calendar_csv().await.unwrap(), Some((vec![0x8d, 0, 0x91], ground.now)));
    }
}

async fn apply(ground: &Ground, credentials: Vec<Proof>) -> Result<(), ApplyError> {
    ground.store.apply(Changes { credentials, ..Changes::default() }).await.map(drop)
}
