//! The words of a report that the agreement gives, and the few that it doesn't.

use domain::agreement::SurveyDefinition;
use domain::notice::Medium;
use domain::survey::Method;

use crate::era;
use crate::report::Words;
use crate::scope::{self, Scope};

/// All ways of giving a word, in the order of the paper.
pub(crate) const METHODS: [Method; 8] = [
    Method::System,
    Method::Outside(Medium::Visit),
    Method::Outside(Medium::Phone),
    Method::Outside(Medium::Fax),
    Method::Outside(Medium::Mail),
    Method::Outside(Medium::Post),
    Method::Outside(Medium::Meeting),
    Method::Outside(Medium::Other),
];

pub(crate) fn method(method: Method) -> Words {
    Words::of(match method {
        Method::System => ("システム(つなぎ)", "system (Tsunagi)"),
        Method::Outside(medium) => medium.wording(),
    })
}

/// 令和8年度 入退院連絡調査.
pub(crate) fn title(scope: &Scope, starts: u32) -> Words {
    let [from, to] = [scope.first, scope.last].map(|month| scope::fiscal_year_of(month, starts));
    if from == to {
        Words {
            ja: format!("{} 入退院連絡調査", era::fiscal_year(from)),
            en: format!("Hospital notification survey, fiscal {from}"),
        }
    } else {
        Words {
            ja: format!("{}〜{} 入退院連絡調査", era::fiscal_year(from), era::fiscal_year(to)),
            en: format!("Hospital notification survey, fiscal {from}–{to}"),
        }
    }
}

pub(crate) fn period(scope: &Scope) -> Words {
    let [first, last] = [scope.first, scope.last].map(|month| format!("{}-{:02}", month.year(), month.month()));
    let en = if first == last { first } else { format!("{first} to {last}") };
    Words { ja: era::period(scope.first, scope.last), en }
}

/// Stays that are in no office's denominator.
pub(crate) fn no_care_manager() -> Words {
    Words::of(("担当のケアマネジャーがいない", "no care manager in charge"))
}

/// The agreement's exclusions, in its order.
pub(crate) fn exclusions(definition: &SurveyDefinition) -> Vec<(String, Words)> {
    let named =
        |rule: &domain::agreement::ExclusionRule| (rule.id.clone(), Words::of((&rule.wording.ja, &rule.wording.en)));
    definition.exclusions.iter().map(named).collect()
}
