//! The dataset that answers a store (PS3.18 I.2).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    command::store::{Identity, Outcome},
    dicom::validate::{Finding, Validation},
    http::{
        json::{DicomJson, Element},
        scope::Scope,
        version::ApiVersion,
    },
    ids::{InstanceKey, StudyUid},
};

/// Unexpected error while storing (PS3.18 I.2.2).
const PROCESSING_FAILURE: u16 = 272;
/// The file is unreadable or fails validation.
const CANNOT_UNDERSTAND: u16 = 43264;
/// The instance is there already.
const SOP_INSTANCE_ALREADY_EXISTS: u16 = 45070;
/// Stored, but its transfer syntax has implicit value representations.
const IMPLICIT_VR: u16 = 45063;
/// Stored, but at least one attribute fails validation.
const ATTRIBUTES_INVALID: u16 = 1;

#[derive(Serialize)]
struct Dataset {
    #[serde(rename = "00081190", skip_serializing_if = "Option::is_none")]
    retrieve_url: Option<Element<String>>,
    #[serde(rename = "00081198", skip_serializing_if = "Option::is_none")]
    failed: Option<Element<Failed>>,
    #[serde(rename = "00081199", skip_serializing_if = "Option::is_none")]
    referenced: Option<Element<Referenced>>,
}

#[derive(Serialize)]
struct Failed {
    #[serde(rename = "00081150", skip_serializing_if = "Option::is_none")]
    sop_class: Option<Element<String>>,
    #[serde(rename = "00081155", skip_serializing_if = "Option::is_none")]
    sop_instance: Option<Element<String>>,
    #[serde(rename = "00081197")]
    reason: Element<u16>,
    #[serde(rename = "00741048", skip_serializing_if = "Option::is_none")]
    attributes: Option<Element<Comment>>,
}

#[derive(Serialize)]
struct Referenced {
    #[serde(rename = "00081150", skip_serializing_if = "Option::is_none")]
    sop_class: Option<Element<String>>,
    #[serde(rename = "00081155", skip_serializing_if = "Option::is_none")]
    sop_instance: Option<Element<String>>,
    #[serde(rename = "00081190")]
    retrieve_url: Element<String>,
    #[serde(rename = "00081196", skip_serializing_if = "Option::is_none")]
    warning: Option<Element<u16>>,
    #[serde(rename = "00741048", skip_serializing_if = "Option::is_none")]
    attributes: Option<Element<Comment>>,
}

#[derive(Serialize)]
struct Comment {
    #[serde(rename = "00000902")]
    comment: Element<String>,
}

/// The answer to a store; `study` is the one in the path.
pub fn respond(scope: &Scope, study: Option<&StudyUid>, outcomes: Vec<Outcome>) -> Response {
    if outcomes.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let has_several_values =
        outcomes.iter().filter_map(Outcome::validation).any(|validation| validation.has_multiple_values);
    let mut failed = Vec::new();
    let mut referenced = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Stored(identity, key, validation) => {
                referenced.push(reference(scope, identity, &key, &validation));
            }
            Outcome::AlreadyExists(identity, ..) => failed.push(failure(identity, SOP_INSTANCE_ALREADY_EXISTS, None)),
            Outcome::Invalid(identity, validation) => {
                let comments = comments(validation.errors.iter().chain(&validation.warnings));
                failed.push(failure(identity, CANNOT_UNDERSTAND, Some(comments)));
            }
            Outcome::Unreadable => failed.push(failure(Identity::default(), CANNOT_UNDERSTAND, None)),
            Outcome::Failed(identity, _) => failed.push(failure(identity, PROCESSING_FAILURE, None)),
        }
    }
    let warned = referenced.iter().any(|item| item.warning.is_some());
    let status = match (referenced.is_empty(), failed.is_empty()) {
        (true, _) => StatusCode::CONFLICT,
        (false, false) => StatusCode::ACCEPTED,
        (false, true) if warned && scope.version == ApiVersion::V2 => StatusCode::ACCEPTED,
        (false, true) => StatusCode::OK,
    };
    let retrieve_url = study.filter(|_| !referenced.is_empty()).map(|study| scope.url_of(&format!("/studies/{study}")));
    let dataset = Dataset {
        retrieve_url: retrieve_url.map(|url| Element::one("UR", url)),
        failed: (!failed.is_empty()).then(|| Element::new("SQ", failed)),
        referenced: (!referenced.is_empty()).then(|| Element::new("SQ", referenced)),
    };
    let mut response = (status, DicomJson(dataset)).into_response();
    if has_several_values && let Ok(warning) = HeaderValue::from_str(&several_values_warning(&scope.host)) {
        response.headers_mut().insert(header::WARNING, warning);
    }
    response
}

fn reference(scope: &Scope, identity: Identity, key: &InstanceKey, validation: &Validation) -> Referenced {
    let InstanceKey { study, series, instance, .. } = key;
    let url = scope.url_of(&format!("/studies/{study}/series/{series}/instances/{instance}"));
    let warning = match (identity.is_implicit_vr, validation.warnings.is_empty()) {
        (true, _) => Some(IMPLICIT_VR),
        (false, false) => Some(ATTRIBUTES_INVALID),
        (false, true) => None,
    };
    Referenced {
        sop_class: identity.sop_class.map(|uid| Element::one("UI", uid)),
        sop_instance: identity.sop_instance.map(|uid| Element::one("UI", uid)),
        retrieve_url: Element::one("UR", url),
        warning: warning.map(|reason| Element::one("US", reason)),
        attributes: (scope.version == ApiVersion::V2).then(|| comments(validation.warnings.iter())),
    }
}

fn failure(identity: Identity, reason: u16, attributes: Option<Element<Comment>>) -> Failed {
    Failed {
        sop_class: identity.sop_class.map(|uid| Element::one("UI", uid)),
        sop_instance: identity.sop_instance.map(|uid| Element::one("UI", uid)),
        reason: Element::one("US", reason),
        attributes,
    }
}

/// FailedAttributesSequence. A backslash separates values, also in a message.
fn comments<'f>(findings: impl Iterator<Item = &'f Finding>) -> Element<Comment> {
    let comment = |finding: &Finding| {
        let values = finding.message.split('\\').map(str::to_owned).collect();
        Comment { comment: Element::new("LO", values) }
    };
    Element::new("SQ", findings.map(comment).collect())
}

fn several_values_warning(host: &str) -> String {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    format!("299 {name}: \"One or more indexed Dicom tag(s) have multiple values, only first value is indexed.\"")
}
