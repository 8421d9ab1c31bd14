//! Which workitem a request is about, and in whose name: identifiers in paths, queries and headers.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, HeaderName, request::Parts},
};

use crate::{
    dicom::uid::UidGrammar,
    http::{
        context::{Context, Dialect},
        error::{ApiError, malformed_uid},
    },
    ids::WorkitemUid,
};

/// The header that names the Transaction UID of an update; an extension of the emulator.
const TRANSACTION_UID: HeaderName = HeaderName::from_static("transaction-uid");

/// How the service calls the two identifiers in messages.
const WORKITEM: &str = "WorkitemInstanceUid";
const TRANSACTION: &str = "TransactionUid";

/// The identifier in a path, still to be judged: a body that cannot be read is refused first.
#[derive(Debug, Clone)]
pub struct WorkitemPath(String);

impl FromRequestParts<Context> for WorkitemPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self, ApiError> {
        let parameters = RawPathParams::from_request_parts(parts, context).await;
        let parameters = parameters.map_err(|_| malformed_uid(WORKITEM))?;
        let text = parameters.iter().find(|(name, _)| *name == "workitem").map(|(_, text)| text.to_owned());
        Ok(Self(text.unwrap_or_default()))
    }
}

impl WorkitemPath {
    /// The identifier. A path does not tell what kind of client it is from.
    pub fn uid(&self, context: &Context) -> Result<WorkitemUid, ApiError> {
        let grammar = match context.dialect {
            Dialect::Extended => UidGrammar::Relaxed,
            Dialect::Strict => UidGrammar::Strict,
        };
        workitem_uid(&self.0, grammar)
    }
}

/// An identifier of a workitem.
pub fn workitem_uid(text: &str, grammar: UidGrammar) -> Result<WorkitemUid, ApiError> {
    WorkitemUid::parse(text, grammar).map_err(|_| malformed_uid(WORKITEM))
}

/// The identifier that a query names to create a workitem, if it names one.
pub fn named_workitem(context: &Context, query: Option<&str>) -> Option<String> {
    named(context, query, &["affectedsopinstanceuid", "workitem"])
}

/// The Transaction UID that an update names, if it names one: in the query, or else in a header.
pub fn named_transaction(
    context: &Context,
    query: Option<&str>,
    headers: &HeaderMap,
    grammar: UidGrammar,
) -> Result<Option<String>, ApiError> {
    let in_header = || match context.dialect {
        Dialect::Extended => {
            let text = String::from_utf8_lossy(headers.get(TRANSACTION_UID)?.as_bytes()).trim().to_owned();
            (!text.is_empty()).then_some(text)
        }
        Dialect::Strict => None,
    };
    let named = named(context, query, &["transaction", "transaction-uid"]).or_else(in_header);
    match named {
        Some(text) if !grammar.accepts(&text) => Err(malformed_uid(TRANSACTION)),
        named => Ok(named),
    }
}

/// The service takes the *name* of the first parameter for the identifier; the emulator also takes the value of one of
/// these names. A blank one is none.
fn named(context: &Context, query: Option<&str>, names: &[&str]) -> Option<String> {
    let (name, value) = form_urlencoded::parse(query?.as_bytes()).next()?;
    let is_known = names.contains(&name.to_ascii_lowercase().as_str());
    let is_pair = is_known && !value.is_empty() && context.dialect == Dialect::Extended;
    let text = if is_pair { value } else { name };
    (!text.trim().is_empty()).then(|| text.trim_end_matches(' ').to_owned())
}
