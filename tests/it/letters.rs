//! Every letter, to every reader: nothing of the patient in it, one link, and something to read without HTML.

use chrono::NaiveDate;
use domain::agreement::EscalationTo;
use domain::consent::Sharing;
use domain::deadline::Level;
use domain::delivery::{AccountNews, Delivery, DeliveryState, Letter};
use domain::notice::NoticeKind;
use domain::party::OrganizationKind;
use domain::patient::{CareLevel, InsuredNumber, Patient, Sex};
use domain::text::{EmailAddress, Kana, Line};
use domain::{Ids, Instant};
use scheduler::letter::{Addressee, Letters};
use scheduler::mail::{Mail, Sender};

const READERS: [Option<OrganizationKind>; 6] = [
    None,
    Some(OrganizationKind::Hospital),
    Some(OrganizationKind::CareOffice),
    Some(OrganizationKind::SupportCentre),
    Some(OrganizationKind::Municipality),
    Some(OrganizationKind::Guest),
];

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn now() -> Instant {
    Instant::at(day(11, 20), chrono::NaiveTime::from_hms_opt(10, 0, 0).unwrap())
}

fn hanako() -> Patient {
    let mut ids = Ids::new(now(), 1);
    Patient {
        id: ids.next(),
        region_id: ids.next(),
        name: Line::parse("北見 花子").unwrap(),
        kana: Kana::parse("キタミ ハナコ").unwrap(),
        birth_on: NaiveDate::from_ymd_opt(1934, 5, 6).unwrap(),
        sex: Sex::Female,
        district: Line::parse("とん田西町").unwrap(),
        insured_number: Some(InsuredNumber::parse("H123456789").unwrap()),
        care_level: CareLevel::Care3,
        sharing: Sharing::Everyone,
        version: 1,
    }
}

/// Every way in which somebody would write her down. A new field of a patient asks for a line here.
fn traces(patient: &Patient) -> Vec<String> {
    let Patient { id, name, kana, birth_on, district, insured_number, care_level, .. } = patient;
    let Patient { region_id: _, sex: _, sharing: _, version: _, .. } = patient;
    let mut traces = vec![id.to_string(), id.uuid().simple().to_string(), district.as_str().to_owned()];
    for name in [name.as_str(), kana.as_str(), "きたみ はなこ", "ｷﾀﾐ ﾊﾅｺ", "Kitami Hanako", "KITAMI HANAKO"]
    {
        traces.extend(name.split(' ').map(str::to_owned));
    }
    for format in ["%Y", "%Y-%m-%d", "%Y/%-m/%-d", "%Y%m%d", "%-m月%-d日", "%-d %B", "%m/%d"] {
        traces.push(birth_on.format(format).to_string());
    }
    traces.extend(["昭和9", "S9", "S09", "92歳", "92 years", "女"].map(str::to_owned));
    let number = insured_number.as_ref().unwrap().as_str();
    traces.extend([number.to_owned(), number[1..].to_owned()]);
    let (ja, en) = care_level.wording();
    traces.extend([ja.to_owned(), en.to_owned(), "要介護".to_owned()]);
    traces
}

fn all_letters() -> Vec<Letter> {
    use EscalationTo as E;
    let mut ids = Ids::new(now(), 2);
    let levels = [
        Level::Ahead(2),
        Level::Ahead(0),
        Level::AtOnce,
        Level::Missed(0),
        Level::Missed(1),
        Level::Unacknowledged(0),
        Level::Unacknowledged(2),
        Level::Undeliverable,
    ];
    let mut letters = Vec::new();
    letters.extend(NoticeKind::ALL.map(|notice_kind| Letter::NoticeWaits { notice_id: ids.next(), notice_kind }));
    letters.extend([false, true].map(|replaced| Letter::NoticeTakenBack { notice_id: ids.next(), replaced }));
    for level in levels {
        for told in [vec![], vec![E::Ward, E::CoordinationDesk, E::SecondContact, E::HospitalToPhone, E::Municipality]]
        {
            let (encounter_id, due_on) = (ids.next(), day(11, 22));
            letters.push(Letter::DeadlineWarning { encounter_id, level, due_on, told: told.clone() });
            letters.push(Letter::StillWaiting { notice_id: ids.next(), level, told });
        }
    }
    letters.push(Letter::NoticeDeclined { notice_id: ids.next() });
    letters.extend([false, true].map(|reset| Letter::Invitation { invitation_id: ids.next(), reset }));
    let news = [
        AccountNews::PasswordSet,
        AccountNews::FactorSet,
        AccountNews::FactorRemoved,
        AccountNews::PasskeyAdded,
        AccountNews::PasskeyRemoved,
        AccountNews::IdentityLinked,
        AccountNews::IdentityUnlinked,
        AccountNews::RecoveryCodesRenewed,
        AccountNews::RecoveryCodeUsed,
    ];
    letters.extend(news.map(|news| Letter::AccountChanged { news }));
    letters.extend([false, true].map(|added| Letter::MachineChanged { added }));
    letters.push(Letter::WeeklySerials { first: 38, last: 41, from_on: day(11, 16), until_on: day(11, 23) });
    letters.push(Letter::OpenedInEmergency { encounter_id: Some(ids.next()), opened_on: day(11, 20) });
    letters.push(Letter::OpenedInEmergency { encounter_id: None, opened_on: day(11, 20) });
    letters.extend([false, true].map(|by_ours| Letter::EmergencyUsed { by_ours, opened_on: day(11, 20) }));
    letters.push(Letter::AuditSealed { number: 12, hash: "0a".repeat(32), sealed_on: day(11, 20) });
    letters
}

fn variant(letter: &Letter) -> usize {
    match letter {
        Letter::NoticeWaits { .. } => 0,
        Letter::NoticeTakenBack { .. } => 1,
        Letter::DeadlineWarning { .. } => 2,
        Letter::StillWaiting { .. } => 3,
        Letter::NoticeDeclined { .. } => 4,
        Letter::WeeklySerials { .. } => 5,
        Letter::AuditSealed { .. } => 6,
        Letter::OpenedInEmergency { .. } => 7,
        Letter::Invitation { .. } => 8,
        Letter::AccountChanged { .. } => 9,
        Letter::MachineChanged { .. } => 10,
        Letter::EmergencyUsed { .. } => 11,
    }
}

fn letters() -> Letters {
    let address = EmailAddress::parse("no-reply@tsunagi.example").unwrap();
    Letters::new("https://tsunagi.example/", Sender::new(Some("つなぎ".parse().unwrap()), address))
}

fn mail_of(letter: Letter, kind: Option<OrganizationKind>, serial: Option<i64>) -> Mail {
    let patient = hanako();
    let mut ids = Ids::new(now(), 3);
    let delivery = Delivery {
        id: ids.next(),
        region_id: patient.region_id,
        organization_id: ids.next(),
        encounter_id: Some(ids.next()),
        notice_id: Some(ids.next()),
        warning_id: None,
        to: EmailAddress::parse("office@care.example").unwrap(),
        letter,
        state: DeliveryState::Pending { next_attempt_at: now(), attempts: 0 },
        created_at: now(),
    };
    letters()
        .compose(&delivery, serial, Addressee { name: "架空ケアプラン <青空> & 風", kind, secret: Some("5ec2e7") })
        .unwrap()
}

fn all_mails() -> Vec<Mail> {
    let samples = all_letters();
    for wanted in 0..12 {
        assert!(samples.iter().any(|letter| variant(letter) == wanted), "no sample of letter {wanted}");
    }
    let readers = |letter: Letter| READERS.map(|kind| mail_of(letter.clone(), kind, Some(41)));
    samples.into_iter().flat_map(readers).collect()
}

#[test]
fn no_letter_holds_anything_of_the_patient() {
    let traces = traces(&hanako());
    for mail in all_mails() {
        let bytes = String::from_utf8(mail.to_bytes().unwrap()).unwrap();
        let head = bytes.split("\r\n\r\n").next().unwrap().to_owned();
        let shown =
            [("subject", mail.subject.as_str()), ("text", &mail.text), ("html", &mail.html), ("headers", &head)];
        for (part, content) in shown {
            for trace in &traces {
                assert!(!content.contains(trace.as_str()), "{trace} in the {part}:\n{content}");
            }
        }
    }
}

#[test]
fn every_letter_has_a_japanese_subject_both_languages_and_one_link() {
    for mail in all_mails() {
        let (subject, text, html) = (mail.subject.as_str(), &mail.text, &mail.html);
        assert!(subject.starts_with("【つなぎ】"), "{subject}");
        assert!(subject.chars().count() <= 45, "too long for a phone: {subject}");
        let links: Vec<_> = text.lines().filter(|line| line.starts_with("https://tsunagi.example/")).collect();
        assert_eq!(links.len(), 2, "once for each language, alone on its line:\n{text}");
        assert_eq!(links[0], links[1]);
        assert_eq!(html.matches(&format!("href=\"{}\"", links[0])).count(), 2, "{html}");
        let (japanese, english) = text.split_once("\n--\n").expect("a line between the languages");
        assert!(japanese.starts_with("架空ケアプラン <青空> & 風 御中\n"), "{text}");
        assert!(english.lines().next().is_some_and(|line| line.is_ascii()), "{text}");
        assert!(!text.contains("\n\n\n") && !text.contains("{{"), "{text}");
        assert!(!html.contains("<青空>") && html.contains("lang=\"ja\"") && html.contains("lang=\"en\""), "{html}");
    }
}

#[test]
fn a_waiting_notice_is_told_in_plain_words_with_its_number() {
    let notice_id = Ids::new(now(), 4).next();
    let letter = Letter::NoticeWaits { notice_id, notice_kind: NoticeKind::PlannedDischarge };
    let mail = mail_of(letter, Some(OrganizationKind::CareOffice), Some(41));
    assert_eq!(mail.subject.as_str(), "【つなぎ】退院連絡が1件届いています(第41号)");
    let japanese = mail.text.split("\n--\n").next().unwrap();
    let expected = format!(
        "架空ケアプラン <青空> & 風 御中\n\n退院連絡が1件届いています(第41号)。\n\n\
         できるだけ早く、遅くとも次の営業日の正午までに、内容をご確認のうえ受領確認をお願いします。\n\n\
         ▼連絡を開く\nhttps://tsunagi.example/notices/{notice_id}\n\n\
         担当の方でないときも、そのままにせず、開いて「担当ではない」または「ほかの事業所」を選んでください。\n\
         すぐに次の宛先へお届けします。\n\n\
         ・このメールに個人情報はありません。\n・内容はログインしてご覧ください。\n・送信専用のため返信はできません。\n"
    );
    assert_eq!(japanese, expected);
}

#[test]
fn a_hospital_is_not_asked_for_the_next_office() {
    let mut ids = Ids::new(now(), 4);
    let sheet = Letter::NoticeWaits { notice_id: ids.next(), notice_kind: NoticeKind::AdmissionInformation };
    let ward = mail_of(sheet, Some(OrganizationKind::Hospital), Some(7)).text;
    assert!(ward.contains("「この方の入院はありません」を選んでください"), "{ward}");
    assert!(!ward.contains("ほかの事業所") && !ward.contains("other office"), "{ward}");
    let declined = Letter::NoticeDeclined { notice_id: ids.next() };
    let office = mail_of(declined.clone(), Some(OrganizationKind::CareOffice), Some(7)).text;
    assert!(office.contains("医療機関から「この方の入院はありません」と回答がありました。"), "{office}");
    assert!(!office.contains("退院連絡"), "{office}");
    let ward = mail_of(declined, Some(OrganizationKind::Hospital), Some(7)).text;
    assert!(ward.contains("退院連絡の期限は、そのまま進みます。"), "{ward}");
}

#[test]
fn the_city_is_led_to_its_overview_and_the_ward_to_the_stay() {
    let encounter_id = Ids::new(now(), 5).next();
    let told = vec![EscalationTo::Ward, EscalationTo::CoordinationDesk, EscalationTo::Municipality];
    let letter = Letter::DeadlineWarning { encounter_id, level: Level::Missed(1), due_on: day(11, 15), told };
    let to = |kind| mail_of(letter.clone(), Some(kind), None);
    let city = to(OrganizationKind::Municipality).text;
    assert!(city.contains("\nhttps://tsunagi.example/overview\n"));
    assert!(city.contains("期限は11月15日(日)です。病棟と地域連携室にもお知らせしています。"), "{city}");
    assert!(city.contains("Told besides you: the ward and the coordination desk."), "{city}");
    let ward = to(OrganizationKind::Hospital);
    assert!(ward.text.contains(&format!("\nhttps://tsunagi.example/encounters/{encounter_id}\n")));
    assert!(ward.text.contains("期限は11月15日(日)でしたが"), "{}", ward.text);
}

#[test]
fn a_repeat_has_the_same_bytes() {
    for letter in all_letters() {
        let bytes = || mail_of(letter.clone(), None, Some(1)).to_bytes().unwrap();
        assert_eq!(bytes(), bytes());
    }
}
