//! Which tokens say that two factors were asked for.

/// 二要素の確認: what the operator takes for it. One of the two is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TwoFactors {
    /// Values of `acr` that mean it, as agreed with the provider; they are also asked for.
    pub acr: Vec<String>,
    /// By the methods that `amr` lists (RFC 8176): `mfa`, or two of different kinds. Two of one kind, such as password and PIN, are one factor twice.
    pub amr: bool,
}

/// What a method shows: something that somebody knows, has, or is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Known,
    Had,
    Been,
}

/// RFC 8176. Methods that show none of the three (where somebody is, what risk was seen, that she was there) are left out.
fn kind(method: &str) -> Option<Kind> {
    Some(match method {
        "pwd" | "pin" | "kba" => Kind::Known,
        "otp" | "hwk" | "swk" | "sc" | "sms" | "tel" | "pop" => Kind::Had,
        "face" | "fpt" | "iris" | "retina" | "vbm" => Kind::Been,
        _ => return None,
    })
}

impl TwoFactors {
    pub(super) const fn can_be(&self) -> bool {
        self.amr || !self.acr.is_empty()
    }

    pub(super) fn are_in(&self, acr: Option<&str>, amr: &[String]) -> bool {
        let agreed = acr.is_some_and(|acr| self.acr.iter().any(|known| known == acr));
        let kinds: Vec<Kind> = amr.iter().filter_map(|method| kind(method)).collect();
        let differ = kinds.iter().any(|kind| *kind != kinds[0]);
        agreed || (self.amr && (differ || amr.iter().any(|method| method == "mfa")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_amr(methods: &str) -> bool {
        let methods: Vec<String> = methods.split_whitespace().map(str::to_owned).collect();
        TwoFactors { acr: Vec::new(), amr: true }.are_in(Some("2"), &methods)
    }

    #[test]
    fn two_factors_are_two_kinds_and_not_two_of_one() {
        for good in ["mfa", "pwd otp", "otp pwd", "pwd mfa", "pin sc", "hwk fpt", "pwd user swk", "pwd pin sms"] {
            assert!(by_amr(good), "{good}");
        }
        for bad in ["", "pwd", "pwd pin", "otp", "otp sms", "hwk user", "pwd geo", "rba wia", "MFA", "pwd mca"] {
            assert!(!by_amr(bad), "{bad}");
        }
    }

    #[test]
    fn an_acr_counts_only_where_it_was_agreed() {
        let rule = TwoFactors { acr: vec!["urn:two".into(), "2".into()], amr: false };
        assert!(rule.are_in(Some("2"), &[]) && rule.are_in(Some("urn:two"), &["pwd".into()]));
        assert!(!rule.are_in(Some("1"), &[]) && !rule.are_in(None, &["mfa".into()]) && !rule.are_in(Some(""), &[]));
    }
}
