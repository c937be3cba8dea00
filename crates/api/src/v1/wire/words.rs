//! The coded values as schemas. Values on the wire are the domain's own; these enums only describe them, and a test holds both equal.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $domain:path { $($variant:ident)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
            #[serde(rename_all = "snake_case")]
            pub enum $name { $($variant),* }

            impl From<$domain> for $name {
                fn from(value: $domain) -> Self {
                    use $domain as Domain;
                    match value { $(Domain::$variant => Self::$variant),* }
                }
            }
        )*

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn every_value_is_written_as_the_domain_writes_it() {
                $($({
                    use $domain as Domain;
                    assert_eq!(
                        serde_json::to_value(Domain::$variant).unwrap(),
                        serde_json::to_value($name::$variant).unwrap(),
                    );
                })*)*
            }

            #[test]
            fn every_schema_lists_what_is_written() {
                use utoipa::PartialSchema;
                $({
                    let schema = serde_json::to_value($name::schema()).unwrap();
                    let written = vec![$(serde_json::to_value($name::$variant).unwrap()),*];
                    assert_eq!(schema["enum"], serde_json::Value::Array(written), stringify!($name));
                })*
            }
        }
    };
}

words! {
    /// To what somebody consents.
    ConsentKind = domain::consent::ConsentKind { InformationSharing Survey }
    /// Who may be told: the hospital and the office in charge alone, or everybody who has to do with the stay.
    ConsentScope = domain::consent::ConsentScope { Care Everyone }
    ConsentWay = domain::consent::ConsentWay { Written Oral }
    /// Who said it.
    ConsentBy = domain::consent::ConsentBy { Person Family Representative }
    /// What the consents come to: `none` is the minimal contact alone.
    Sharing = domain::consent::Sharing { None Care Everyone }
    /// How much a notice carries; `minimal`: name, hospital, day, and whom to phone.
    Content = domain::consent::Content { Full Minimal }
    /// A kind of data.
    Item = domain::disclosure::Item {
        Name Stay DischargeDay Particulars InsuredNumber Screening Message InformationSheet Course CareTeam Consents
    }
    Occasion = domain::disclosure::Occasion { Notice InformationSheet OutsideWord Export Emergency Reading }
    Sex = domain::patient::Sex { Female Male Other Unknown }
    /// 要介護状態区分.
    CareLevel = domain::patient::CareLevel {
        NotApplied Applying ChangeApplied NotEligible ProgrammeTarget Support1 Support2 Care1 Care2 Care3 Care4 Care5
    }
    Role = domain::party::Role { WardStaff Coordinator CareManager Municipality Auditor Administrator OrganizationAdministrator }
    /// What a machine's token is for.
    Scope = domain::machine::Scope {
        Directory PatientsRead PatientsWrite StaysRead StaysWrite NoticesRead NoticesWrite Acknowledge Figures
    }
    /// How far a login has come.
    Stage = domain::credential::Stage { SecondFactor Enrolment Open }
    OrganizationKind = domain::party::OrganizationKind { Hospital CareOffice SupportCentre Municipality Guest }
    /// Where the person went.
    Destination = domain::encounter::Destination { Home Facility OtherHospital Died Other }
    NoticeKind = domain::notice::NoticeKind { Admission AdmissionInformation PlannedDischarge Discharge }
    RecipientReason = domain::notice::RecipientReason {
        CareManager SupportCentreOfDistrict Municipality HospitalOfStay NamedByReceiver
    }
    /// How a word was given outside the system.
    Medium = domain::notice::Medium { Visit Phone Fax Mail Post Meeting Other }
    DeadlineRule = domain::deadline::DeadlineRule { DischargeNotice Acknowledgement }
    Excuse = domain::deadline::Excuse { NotRequired DateMoved Cancelled Excluded TakenBack }
    /// Counting of the notice period's days.
    Counting = rules::Counting { CalendarDays WorkingDays }
    Tier = rules::Tier { Required Advised }
    Answer = rules::Answer { Yes No }
    /// What a screening comes to.
    OutcomeKind = rules::OutcomeKind { NotRequired Incomplete NoticeAdvised NoticeRequired }
}
