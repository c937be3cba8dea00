//! The commands of the table in [`super`].

use serde::{Deserialize, Serialize};

/// Everything that can be done; the name stands on the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Organizations, the agreement, the calendar: what all know who work with it.
    ViewDirectory,
    SearchPatients,
    ViewPatient,
    RegisterPatient,
    /// Corrects a person's particulars.
    WritePatient,
    /// Names who manages the care.
    WriteCareTeam,
    Admit,
    /// The stays that one's organization has to do with.
    ListEncounters,
    ViewEncounter,
    RecordEvent,
    Screen,
    /// Plans the discharge, screens, and gives the word if the screening asks for it, in one.
    File,
    /// The notices that one's organization sent and received.
    ListNotices,
    ViewNotice,
    IssueNotice,
    /// Withdraw or replace.
    TakeBackNotice,
    LogContact,
    /// The other side has said that the FAX or letter came.
    ConfirmReceipt,
    /// It was logged by mistake.
    TakeBackContact,
    Acknowledge,
    /// What the sweep warned of, without names.
    ViewWarnings,
    /// Open deadlines and warnings of the whole region, without names.
    ViewOverview,
    ViewSurvey,
    PublishSurvey,
    ViewAudit,
    /// Everything that one account touched, with names, for the report of a leak.
    ExportAudit,
    /// Records that a month of the trail was looked through.
    ReviewAudit,
    /// Opens a record in an emergency, without a relation to it: see [`super::opens_in_emergency`].
    BreakGlass,
    ManageCalendar,
    /// Invite, close, end the sessions of the people of one's own organization.
    ManagePeople,
    /// Give and take the tokens of the organization's systems.
    ManageMachines,
    /// Records that a consent was given or withdrawn.
    WriteConsent,
    /// To whom a person's record was given: for her own request.
    ViewDisclosures,
    /// Gives out a copy of a person's record.
    ExportPatient,
    /// Sets and lifts legal holds.
    HoldRecords,
}

impl Command {
    pub const ALL: [Self; 35] = [
        Self::ViewDirectory,
        Self::SearchPatients,
        Self::ViewPatient,
        Self::RegisterPatient,
        Self::WritePatient,
        Self::WriteCareTeam,
        Self::Admit,
        Self::ListEncounters,
        Self::ViewEncounter,
        Self::RecordEvent,
        Self::Screen,
        Self::File,
        Self::ListNotices,
        Self::ViewNotice,
        Self::IssueNotice,
        Self::TakeBackNotice,
        Self::LogContact,
        Self::ConfirmReceipt,
        Self::TakeBackContact,
        Self::Acknowledge,
        Self::ViewWarnings,
        Self::ViewOverview,
        Self::ViewSurvey,
        Self::PublishSurvey,
        Self::ViewAudit,
        Self::ExportAudit,
        Self::ReviewAudit,
        Self::BreakGlass,
        Self::ManageCalendar,
        Self::ManagePeople,
        Self::ManageMachines,
        Self::WriteConsent,
        Self::ViewDisclosures,
        Self::ExportPatient,
        Self::HoldRecords,
    ];

    /// As on the audit trail.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ViewDirectory => "view_directory",
            Self::SearchPatients => "search_patients",
            Self::ViewPatient => "view_patient",
            Self::RegisterPatient => "register_patient",
            Self::WritePatient => "write_patient",
            Self::WriteCareTeam => "write_care_team",
            Self::Admit => "admit",
            Self::ListEncounters => "list_encounters",
            Self::ViewEncounter => "view_encounter",
            Self::RecordEvent => "record_event",
            Self::Screen => "screen",
            Self::File => "file",
            Self::ListNotices => "list_notices",
            Self::ViewNotice => "view_notice",
            Self::IssueNotice => "issue_notice",
            Self::TakeBackNotice => "take_back_notice",
            Self::LogContact => "log_contact",
            Self::ConfirmReceipt => "confirm_receipt",
            Self::TakeBackContact => "take_back_contact",
            Self::Acknowledge => "acknowledge",
            Self::ViewWarnings => "view_warnings",
            Self::ViewOverview => "view_overview",
            Self::ViewSurvey => "view_survey",
            Self::PublishSurvey => "publish_survey",
            Self::ViewAudit => "view_audit",
            Self::ExportAudit => "export_audit",
            Self::ReviewAudit => "review_audit",
            Self::BreakGlass => "break_glass",
            Self::ManageCalendar => "manage_calendar",
            Self::ManagePeople => "manage_people",
            Self::ManageMachines => "manage_machines",
            Self::WriteConsent => "write_consent",
            Self::ViewDisclosures => "view_disclosures",
            Self::ExportPatient => "export_patient",
            Self::HoldRecords => "hold_records",
        }
    }
}
