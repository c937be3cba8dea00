//! A person's own account, and the steps of her login.

use askama::Template;

use super::entry::Held;
use super::form::{Choice, Form};
use super::frame::Frame;
use crate::factor::Setup;

/// A passkey or a code is asked for.
#[derive(Debug, Template)]
#[template(path = "second.html")]
pub(crate) struct Second {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) has_passkey: bool,
    pub(crate) has_totp: bool,
    pub(crate) next: String,
    pub(crate) held: Option<Held>,
}

/// A second factor has to be set up before anything else.
#[derive(Debug, Template)]
#[template(path = "enrol.html")]
pub(crate) struct Enrol {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    /// They can be had here.
    pub(crate) passkeys_on: bool,
    pub(crate) setup: Setup,
    pub(crate) next: String,
    pub(crate) held: Option<Held>,
}

/// Shown once.
#[derive(Debug, Template)]
#[template(path = "codes.html")]
pub(crate) struct Codes {
    pub(crate) frame: Frame,
    pub(crate) codes: Vec<String>,
    pub(crate) next: String,
    pub(crate) held: Option<Held>,
}

#[derive(Debug, Template)]
#[template(path = "account.html")]
pub(crate) struct AccountPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) login: String,
    pub(crate) email: Option<String>,
    pub(crate) has_totp: bool,
    /// Of any kind.
    pub(crate) has_factor: bool,
    pub(crate) passkeys: Vec<PasskeyLine>,
    pub(crate) passkeys_on: bool,
    pub(crate) codes_left: i64,
    pub(crate) sessions: Vec<SessionLine>,
    /// What people know the outside provider by; none where there is none.
    pub(crate) outside: Option<String>,
    pub(crate) identities: Vec<IdentityLine>,
}

/// Who she is at an outside provider.
#[derive(Debug, Clone)]
pub(crate) struct IdentityLine {
    pub(crate) issuer: String,
    /// The provider as people know it, or its address where it is not the configured one any more.
    pub(crate) name: String,
    pub(crate) linked: String,
    pub(crate) used: Option<String>,
}

/// Linking an outside account, and taking one off.
#[derive(Debug, Template)]
#[template(path = "account_oidc.html")]
pub(crate) struct OutsidePage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) outside: Option<String>,
    /// There is a provider, and she has none of its accounts linked.
    pub(crate) linkable: bool,
    pub(crate) identities: Vec<IdentityLine>,
    /// The same to choose from, where there is more than one.
    pub(crate) choices: Vec<Choice>,
    /// In both languages: why it was not linked.
    pub(crate) failed: Option<(&'static str, String)>,
}

/// On to the provider: a form may not lead there by itself (see the policy in `pages`), a page may.
#[derive(Debug, Template)]
#[template(path = "account_oidc_onward.html")]
pub(crate) struct OnwardPage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) to: String,
}

#[derive(Debug, Clone)]
pub(crate) struct PasskeyLine {
    pub(crate) name: String,
    pub(crate) added: String,
    pub(crate) used: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "account_passkey.html")]
pub(crate) struct PasskeyPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
}

#[derive(Debug, Template)]
#[template(path = "account_passkey_removal.html")]
pub(crate) struct PasskeyRemovalPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) choices: Vec<Choice>,
    /// The only second factor, where everybody needs one.
    pub(crate) stays: bool,
    /// The only second factor.
    pub(crate) last: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct SessionLine {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) address: String,
    pub(crate) since: String,
    pub(crate) seen: String,
    /// The one that is looking.
    pub(crate) own: bool,
}

#[derive(Debug, Template)]
#[template(path = "account_factor.html")]
pub(crate) struct FactorPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) setup: Setup,
    pub(crate) replaces: bool,
    pub(crate) removable: bool,
}

#[derive(Debug, Template)]
#[template(path = "account_codes.html")]
pub(crate) struct CodesPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
}

#[derive(Debug, Template)]
#[template(path = "account_password.html")]
pub(crate) struct PasswordPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) login: String,
}
