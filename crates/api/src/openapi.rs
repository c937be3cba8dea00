//! The OpenAPI document: its head, and what is true of every operation.
//!
//! Why the refusals are added here and not on every handler: they come from the same extractors and the same `ApiError`, so they are the
//! same everywhere, and a new handler can't forget one.

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    Response, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use domain::machine::Scope;

use crate::error::{FieldError, Problem};
use crate::inventory::{Access, of_operation};

const BEARER: &str = "session";
const MACHINE: &str = "machine";
/// Operations whose writes change nothing, so no key belongs to them; and the login, which is before every account.
const WITHOUT_KEY: [&str; 7] =
    ["log_in", "second_factor", "log_out", "evaluate", "search_patients", "put_calendar", "export_patient"];
const MACHINE_WORDS: &str = "A system of an organization: `tsm_…`, made by the organization's administrator, for the scopes named with \
                             each operation. Only here, never on a page, never in an address.";
/// Writes that make something new, so that there is nothing to match.
const CREATES: [&str; 9] = [
    "register",
    "admit",
    "publish_survey",
    "review_audit",
    "break_glass",
    "set_hold",
    "lift_hold",
    "add_machine",
    "revoke_machine",
];
/// Writes that two people could do over each other.
const NEEDS_IF_MATCH: &str = "correct_patient";

/// Title, security and the schemas that every operation names.
pub fn head() -> OpenApi {
    let bearer = |words: &str| {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some(words.to_owned());
        SecurityScheme::Http(scheme)
    };
    let components = ComponentsBuilder::new()
        .schema(Problem::name(), Problem::schema())
        .schema(FieldError::name(), FieldError::schema())
        .security_scheme(BEARER, bearer("A person: the token that `POST /api/v1/session` gave."))
        .security_scheme(MACHINE, bearer(MACHINE_WORDS))
        .build();
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("つなぎ Tsunagi")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Notices of admission and discharge between hospitals and care managers. Log in with `POST /api/v1/session` and send the \
             token as a bearer token; a hospital's or an office's own system sends the token that its administrator made for it. Every refusal is a problem document (RFC 9457) with a stable `code`. Every write takes an \
             `Idempotency-Key`: the same key with the same payload gets the first answer again.",
        ))
        .license(Some(license))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new(BEARER, [] as [&str; 0])]))
        .build()
}

/// Adds what is true of every operation: the refusals, and the conditions of a write.
pub fn complete(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                describe(path, &method, operation);
            }
        }
    }
    document
}

fn describe(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let writes = !matches!(method, HttpMethod::Get);
    let has_body = operation.request_body.is_some();
    let has_query = operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| matches!(parameter, RefOr::T(Parameter { parameter_in: ParameterIn::Query, .. })));
    let mut statuses = vec![401, 429, 500, 503];
    if !["log_in", "second_factor"].contains(&id.as_str()) {
        statuses.push(403);
    }
    if path.contains('{') {
        statuses.push(404);
    }
    if has_query || has_body {
        statuses.push(422);
    }
    if has_body {
        statuses.extend([400, 413, 415]);
    }
    if writes && !WITHOUT_KEY.contains(&id.as_str()) {
        statuses.extend([400, 409, 422]);
        let parameters = operation.parameters.get_or_insert_default();
        let once = "One for each thing that is sent, kept over its repeats.";
        parameters.push(header("Idempotency-Key", "^[!-~]{1,200}$", once, false));
        if !CREATES.contains(&id.as_str()) {
            statuses.extend([404, 412]);
            parameters.push(header("If-Match", "^\"[0-9]{1,18}\"$", "The `ETag` that was seen.", id == NEEDS_IF_MATCH));
        }
        if id == NEEDS_IF_MATCH {
            statuses.push(428);
        }
    }
    if id == "log_in" {
        operation.security = Some(Vec::new());
    } else if let Some(scopes) = scopes_of(&id) {
        let machine = SecurityRequirement::new(MACHINE, scopes);
        operation.security = Some(vec![SecurityRequirement::new(BEARER, [] as [&str; 0]), machine]);
    }
    for status in statuses {
        let refused = RefOr::T(refusal(status));
        operation.responses.responses.entry(status.to_string()).or_insert(refused);
    }
}

/// What a machine's token must be for, to do this; none where no token is enough.
fn scopes_of(id: &str) -> Option<Vec<&'static str>> {
    match of_operation(id)? {
        Access::SignedIn => Some(Vec::new()),
        Access::May(command, _) => {
            let scope = Scope::ALL.into_iter().find(|scope| scope.commands().contains(&command))?;
            Some(vec![scope.code()])
        }
        Access::Public | Access::OwnSession => None,
    }
}

fn header(name: &str, pattern: &str, description: &str, required: bool) -> RefOr<Parameter> {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build();
    RefOr::T(
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .description(Some(description))
            .required(if required { Required::True } else { Required::False })
            .schema(Some(Schema::Object(schema)))
            .build(),
    )
}

fn refusal(status: u16) -> Response {
    let meanings = BTreeMap::from([
        (400, "Not readable: no JSON, no UTF-8, or a header that is none of ours."),
        (401, "Not logged in, or a token that is worth nothing."),
        (403, "The role may not do this (`not_allowed`), or the token is not for it (`not_in_scope`)."),
        (404, "There is nothing of this kind that one may see."),
        (409, "It doesn't fit what has happened meanwhile, or the same key is being worked on."),
        (412, "Somebody else has changed it since it was read."),
        (413, "Larger than 1 MiB."),
        (415, "Another media type than the one described."),
        (422, "Read, but wrong; `errors` names the fields."),
        (428, "`If-Match` is missing."),
        (
            429,
            "Too many requests of this caller in hand at a time, or too many failed logins or wrong tokens from this address.",
        ),
        (500, "Failed inside."),
        (503, "Nothing was kept; to be sent again after `Retry-After`."),
    ]);
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let words = meanings.get(&status).copied().unwrap_or("Refused.");
    ResponseBuilder::new().description(words).content("application/problem+json", content).build()
}
