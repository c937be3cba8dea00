//! Who and what: the parties, the stay, the word that is given, and whether it was given in time. Pure: no I/O, no async, no SQL.
//!
//! # Glossary
//!
//! FHIR and HL7 v2 words where they exist; Japanese is what the screen shows.
//!
//! | type | standard | on the screen |
//! |---|---|---|
//! | [`party::Region`] | — (the municipality; owns an agreement) | 地域 |
//! | [`party::Organization`], [`party::Ward`], [`party::ContactPoint`] | FHIR Organization, ContactPoint | 機関, 病棟, 連絡窓口 |
//! | [`patient::Patient`], [`party::CareManager`], [`patient::CareTeamMember`] | Patient, Practitioner, CareTeam | 本人, ケアマネジャー, 担当 |
//! | [`consent::Consent`] (given or withdrawn), [`consent::Sharing`], [`disclosure::Disclosure`] | FHIR Consent, AuditEvent | 同意, 第三者提供の記録 |
//! | [`machine::Machine`], [`machine::Scope`] | — | 外部システムの接続, できること |
//! | [`retention::LegalHold`], [`retention::PurgeLot`] | — | 保全, 保存期間 |
//! | [`encounter::Encounter`] = one inpatient stay; [`encounter::EncounterState`] | Encounter | 入院 |
//! | [`encounter::AdtEvent`] | ADT A01 A11 A02 A16 A25 A03 A13 | 入退院の記録 |
//! | [`agreement::Agreement`] (edition, valid from/to) | — | 連絡ルール |
//! | [`rules::Checklist`], [`screening::Screening`], [`rules::Outcome`] | Questionnaire(Response) | 基準, 判定 |
//! | [`notice::Notice`], [`notice::NoticeKind`], [`notice::NoticeState`] | Communication, MedCom HospitalNotification | 連絡 |
//! | [`notice::Contact`] = a word given outside the system, same standing as a notice | Communication.medium | 連絡の記録 |
//! | [`notice::Acknowledgement`] | ACK; MedCom Acknowledgement | 受領確認 |
//! | [`delivery::Delivery`], [`delivery::Attempt`], [`delivery::Response`] | MessageHeader.response | 配信 |
//! | [`rules::NoticePeriod`], [`deadline::Timeliness`], [`deadline::Deadline`] | — | 期限 |
//! | [`deadline::Warning`] (rule, deadline, level) | Flag | 警告 |
//! | [`survey::SurveyFact`], [`survey::LeadTime`], [`survey::CellKey`] | Measure, MeasureReport | 入退院連絡調査 |
//!
//! # The flow
//!
//! A handler reads a [`case::Case`], opens a [`decide::Decision`] over it, takes the steps of the command, and
//! [`decide::Decision::conclude`] derives everything that follows (the folded state, deadlines, survey fact, version, audit row)
//! into one [`changes::Changes`]. The store applies it in one transaction, or says that the case was stale and has to be decided again.
//!
//! # How to add a command
//!
//! Write a step on [`decide::Decision`] (what is recorded, what is refused), name its right in [`access`], and call it from a handler.
//! Deadlines and figures follow by themselves: they are functions of the case, never of the command.

pub mod access;
pub mod agreement;
pub mod case;
pub mod changes;
pub mod consent;
pub mod credential;
pub mod deadline;
pub mod decide;
pub mod delivery;
pub mod directory;
pub mod disclosure;
pub mod encounter;
pub mod facts;
pub mod id;
pub mod machine;
pub mod notice;
pub mod party;
pub mod patient;
pub mod refusal;
pub mod retention;
pub mod screening;
pub mod survey;
pub mod text;
pub mod time;
pub mod trail;

pub use id::*;
pub use refusal::{Fault, Refusal};
pub use time::{Clock, Instant};
