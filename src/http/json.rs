//! JSON answers with the content types that the service sends.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::error::store_failure;

/// `application/json; charset=utf-8`.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        serialize(&self.0, "application/json; charset=utf-8")
    }
}

/// `application/dicom+json; charset=utf-8`.
#[derive(Debug)]
pub struct DicomJson<T>(pub T);

/// The media type of the DICOM JSON Model (PS3.18 F).
pub const DICOM_JSON: HeaderValue = HeaderValue::from_static("application/dicom+json; charset=utf-8");

impl<T: Serialize> IntoResponse for DicomJson<T> {
    fn into_response(self) -> Response {
        serialize(&self.0, "application/dicom+json; charset=utf-8")
    }
}

fn serialize(value: &impl Serialize, content_type: &'static str) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => ([(header::CONTENT_TYPE, content_type)], text).into_response(),
        Err(error) => store_failure(&error).into_response(),
    }
}

/// An element of the DICOM JSON Model.
#[derive(Debug, Clone, Serialize)]
pub struct Element<V> {
    vr: &'static str,
    #[serde(rename = "Value", skip_serializing_if = "Vec::is_empty")]
    value: Vec<V>,
}

impl<V> Element<V> {
    /// An element with these values; without any it is present but empty.
    pub fn new(vr: &'static str, value: Vec<V>) -> Self {
        Self { vr, value }
    }

    /// An element with one value.
    pub fn one(vr: &'static str, value: V) -> Self {
        Self::new(vr, vec![value])
    }
}
