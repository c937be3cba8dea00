//! A form as it stands on a page: what was typed, what is wrong with it, and the fields that draw themselves.
//!
//! A field binds its label, hint and error to its input in one template, so that no page can forget one. A form that was refused is
//! the same form with faults beside the fields and a summary on top.

use askama::Template;
use axum::http::StatusCode;
use domain::Fault;

use super::typed::{Typed, parse_day};

/// One fault, beside its field; an empty field name means the form as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormError {
    pub(crate) field: String,
    pub(crate) message: String,
    pub(crate) en: String,
}

impl FormError {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), en: en.into() }
    }

    pub(crate) fn of(field: impl Into<String>, fault: &Fault) -> Self {
        Self::new(field, fault.ja(), fault.to_string())
    }
}

impl Form {
    /// For the summary, which stands far from the field: its name first, unless the message begins with it.
    fn named(&self, error: &FormError) -> String {
        let name = match (error.field.as_str(), self.action.rsplit('/').next()) {
            ("to", Some("acknowledgement")) => Some("どの事業所の利用者ですか"),
            ("name", Some("machines")) => Some("名前"),
            ("message", Some("tell")) if self.typed.get("kind") == "admission_information" => Some("入院前の様子"),
            (field, _) => label(field),
        };
        match name {
            Some(name) if !error.message.starts_with(name) => format!("{name}: {}", error.message),
            _ => error.message.clone(),
        }
    }
}

/// Fields that are chosen from rather than typed into: what is missing there is said so.
pub(crate) fn is_chosen(field: &str) -> bool {
    matches!(
        field,
        "sex"
            | "district"
            | "care_level"
            | "care_manager_id"
            | "ward_id"
            | "give_notice"
            | "to"
            | "cancels"
            | "kind"
            | "medium"
            | "scopes"
            | "answer"
            | "passkey_id"
            | "role"
            | "month"
            | "act"
            | "by"
            | "way"
    )
}

/// The names of fields as their labels say them; none where the message names what is meant by itself.
fn label(field: &str) -> Option<&'static str> {
    Some(match field {
        "account" => "アカウント",
        "reason" => "緊急の理由",
        "patient" => "本人の番号",
        "from" => "この日から",
        "until" => "この日まで",
        "month" => "点検した月",
        "remark" => "結果と対応",
        "name" => "氏名",
        "kana" | "q" => "ふりがな",
        "birth_on" => "生年月日",
        "sex" => "性別",
        "district" => "日常生活圏域",
        "insured_number" => "被保険者番号",
        "care_level" => "要介護度",
        "care_manager_id" => "ケアマネジャー",
        "from_on" => "担当の開始日",
        "ward_id" => "病棟",
        "admitted_on" => "入院日",
        "admitted_time" => "時刻",
        "message" => "伝えたいこと",
        "planned_on" => "退院予定日",
        "give_notice" => "連絡しますか",
        "why" | "note" => "理由",
        "on" => "退院日",
        "to" => "退院先",
        "cancels" => "取り消す記録",
        "entered_in_error" => "誤登録",
        "kind" => "何の連絡か",
        "medium" => "方法",
        "with_whom" => "相手",
        "told_on" => "連絡した日",
        "answer" => "回答",
        "login" => "ログイン名",
        "password" => "いまのパスワード",
        "new_password" => "新しいパスワード",
        "code" => "コード",
        "passkey_name" => "パスキーの名前",
        "passkey_id" => "削除するパスキー",
        "organization_id" => "機関",
        "email" => "メールアドレス",
        "role" => "役割",
        "scopes" => "できること",
        "expires_on" => "有効期限",
        "consent" | "act" => "同意",
        "scope" => "同意の範囲",
        "by" => "だれから",
        "way" => "方法",
        "declared_on" => "同意・撤回の日",
        "patient_id" => "本人の番号",
        "encounter_id" => "入院の番号",
        _ => return None,
    })
}

#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Where it is sent to.
    pub(crate) action: String,
    pub(crate) typed: Typed,
    pub(crate) errors: Vec<FormError>,
    pub(crate) csrf: String,
    /// A form sent twice carries the same key and is one command.
    pub(crate) key: String,
    /// Begins the ids of its fields where a page has several forms with fields of the same name; empty otherwise.
    pub(crate) mark: String,
    pub(crate) status: StatusCode,
}

impl Form {
    pub(crate) fn new(action: impl Into<String>, csrf: &str, key: String, typed: Typed) -> Self {
        Self {
            action: action.into(),
            typed,
            errors: Vec::new(),
            csrf: csrf.to_owned(),
            key,
            mark: String::new(),
            status: StatusCode::OK,
        }
    }

    /// With ids of its own on a page of several forms.
    #[must_use]
    pub(crate) fn marked(mut self, mark: impl std::fmt::Display) -> Self {
        self.mark = format!("{mark}-");
        self
    }

    /// What is wrong with a field, in both languages.
    pub(crate) fn error(&self, field: &str) -> Option<(String, String)> {
        let found = || self.errors.iter().filter(|error| error.field == field);
        let ja: Vec<_> = found().map(|error| error.message.as_str()).collect();
        let en: Vec<_> = found().map(|error| error.en.as_str()).collect();
        (!ja.is_empty()).then(|| (ja.join(" "), en.join("; ")))
    }

    /// Summary on top; every line leads to its field.
    pub(crate) fn summary(&self) -> Summary<'_> {
        Summary { form: self, errors: &self.errors }
    }

    /// The hidden fields of every form.
    pub(crate) fn hidden(&self) -> Hidden<'_> {
        Hidden { csrf: &self.csrf, key: &self.key }
    }

    pub(crate) fn input(&self, name: &'static str, ja: &'static str, en: &'static str) -> Input<'_> {
        let error = self.error(name);
        Input {
            form: self,
            name,
            ja,
            en,
            kind: "text",
            required: false,
            hint: "",
            hint_en: "",
            autocomplete: "",
            narrow: false,
            error,
        }
    }

    pub(crate) fn area(&self, name: &'static str, ja: &'static str, en: &'static str) -> Area<'_> {
        Area { form: self, name, ja, en, hint: "", hint_en: "", required: false, rows: 5, error: self.error(name) }
    }

    pub(crate) fn select<'a>(
        &'a self,
        name: &'static str,
        ja: &'static str,
        en: &'static str,
        groups: &'a [Group],
    ) -> Select<'a> {
        Select { form: self, name, ja, en, groups, required: false, hint: "", hint_en: "", error: self.error(name) }
    }

    pub(crate) fn radios<'a>(
        &'a self,
        name: &'static str,
        ja: &'static str,
        en: &'static str,
        choices: &'a [Choice],
    ) -> Radios<'a> {
        Radios { form: self, name, ja, en, choices, required: false, hint: "", hint_en: "", error: self.error(name) }
    }

    /// Of some, any number.
    pub(crate) fn ticks<'a>(
        &'a self,
        name: &'static str,
        ja: &'static str,
        en: &'static str,
        choices: &'a [Choice],
    ) -> Ticks<'a> {
        Ticks { form: self, name, ja, en, choices, required: false, hint: "", hint_en: "", error: self.error(name) }
    }

    pub(crate) fn tick(&self, name: &'static str, ja: &'static str, en: &'static str) -> Tick<'_> {
        Tick { form: self, name, ja, en, hint: "", hint_en: "", error: self.error(name) }
    }
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { value: value.into(), ja: ja.into(), en: en.into() }
    }
}

/// Choices under one heading; an empty heading means none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) choices: Vec<Choice>,
}

impl Group {
    pub(crate) fn plain(choices: Vec<Choice>) -> Vec<Self> {
        vec![Self { name: String::new(), choices }]
    }
}

macro_rules! drawn {
    ($($name:ident $path:literal { $($field:ident: $type:ty),* })*) => {$(
        #[derive(Debug, Template)]
        #[template(path = $path)]
        pub(crate) struct $name<'a> { $($field: $type),* }

        impl askama::filters::HtmlSafe for $name<'_> {}
    )*};
}

drawn! {
    Summary "field/summary.html" { form: &'a Form, errors: &'a [FormError] }
    Hidden "field/hidden.html" { csrf: &'a str, key: &'a str }
    Input "field/input.html" {
        form: &'a Form, name: &'static str, ja: &'static str, en: &'static str, kind: &'static str, required: bool,
        hint: &'static str, hint_en: &'static str, autocomplete: &'static str, narrow: bool, error: Option<(String, String)>
    }
    Area "field/area.html" {
        form: &'a Form, name: &'static str, ja: &'static str, en: &'static str, hint: &'static str, hint_en: &'static str, required: bool, rows: u8,
        error: Option<(String, String)>
    }
    Select "field/select.html" {
        form: &'a Form, name: &'static str, ja: &'static str, en: &'static str, groups: &'a [Group], required: bool,
        hint: &'static str, hint_en: &'static str, error: Option<(String, String)>
    }
    Radios "field/radios.html" {
        form: &'a Form, name: &'static str, ja: &'static str, en: &'static str, choices: &'a [Choice], required: bool,
        hint: &'static str, hint_en: &'static str, error: Option<(String, String)>
    }
    Ticks "field/ticks.html" {
        form: &'a Form, name: &'static str, ja: &'static str, en: &'static str, choices: &'a [Choice], required: bool,
        hint: &'static str, hint_en: &'static str, error: Option<(String, String)>
    }
    Tick "field/tick.html" {
        form: &'a Form, name: &'static str, ja: &'static str, en: &'static str, hint: &'static str, hint_en: &'static str, error: Option<(String, String)>
    }
}

macro_rules! mods {
    ($($name:ident: $($method:ident),*;)*) => {$(impl $name<'_> { $(mods!(@ $method);)* })*};
    (@ required) => { pub(crate) fn required(mut self) -> Self { self.required = true; self } };
    (@ hint) => {
        pub(crate) fn hint(mut self, ja: &'static str, en: &'static str) -> Self {
            (self.hint, self.hint_en) = (ja, en);
            self
        }
    };
    (@ described) => {
        /// For `aria-describedby`: the hint, then the error.
        fn described(&self) -> String {
            let hint = (!self.hint.is_empty()).then(|| format!("h-{}{}", self.form.mark, self.name));
            let error = self.error.as_ref().map(|_| format!("e-{}{}", self.form.mark, self.name));
            [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
    };
    (@ value) => { fn value(&self) -> &str { self.form.typed.get(self.name) } };
}

mods! {
    Input: required, hint, described, value;
    Area: required, hint, described, value;
    Select: required, hint, described;
    Radios: required, hint, described;
    Ticks: required, hint, described;
    Tick: hint, described;
}

impl Input<'_> {
    /// `type` of the input.
    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// A day. What is no day was typed by hand and would vanish in a date field: it comes back in a plain one.
    pub(crate) fn day(self) -> Self {
        let typed = self.value();
        let kind = if typed.is_empty() || parse_day(typed).is_ok_and(|day| day.to_string() == typed) {
            "date"
        } else {
            "text"
        };
        self.kind(kind).narrow()
    }

    pub(crate) fn narrow(mut self) -> Self {
        self.narrow = true;
        self
    }

    pub(crate) fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = what;
        self
    }
}

impl Area<'_> {
    pub(crate) fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }
}

impl Select<'_> {
    fn is_chosen(&self, choice: &Choice) -> bool {
        self.form.typed.get(self.name) == choice.value
    }
}

impl Ticks<'_> {
    fn is_chosen(&self, choice: &Choice) -> bool {
        self.form.typed.has(self.name, &choice.value)
    }
}

impl Radios<'_> {
    fn is_chosen(&self, choice: &Choice) -> bool {
        self.form.typed.get(self.name) == choice.value
    }
}
