//! `/docs`: Swagger UI, which is part of the binary, on the documents.

use std::{io::Read, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use flate2::read::GzDecoder;
use utoipa_swagger_ui::{Config, SwaggerFile, Url};

use crate::http::{
    context::Context,
    error::{ApiError, store_failure},
};

/// The file that the examples of the documents speak of.
const EXAMPLE: &[u8] = include_bytes!("example.dcm");

/// The page, its files, and the example; `more` are documents beside those of the data plane.
pub fn page(more: &[(&'static str, &'static str)]) -> Router<Context> {
    let versions = ["v2", "v1", "v1.0-prerelease"].into_iter().zip([
        "../v2/api.json",
        "../v1/api.json",
        "../v1.0-prerelease/api.json",
    ]);
    let urls = versions.chain(more.iter().copied()).map(|(name, url)| Url::new(name, url));
    let config = Config::new(urls).doc_expansion("none").try_it_out_enabled(true).display_request_duration(true);
    // Nobody but the emulator shall see its documents.
    let config = Arc::new(config.validator_url("none").default_models_expand_depth(0).deep_linking(true));
    let (index, files) = (config.clone(), config.clone());
    Router::new()
        .route("/docs", get(async move || index_from_above(&config)))
        .route("/docs/", get(async move |headers: HeaderMap| file("index.html", &index, &headers)))
        .route("/docs/example.dcm", get(example))
        .route(
            "/docs/{file}",
            get(async move |Path(name): Path<String>, headers: HeaderMap| file(&name, &files, &headers)),
        )
}

/// A file of Swagger UI.
fn file(name: &str, config: &Arc<Config<'static>>, headers: &HeaderMap) -> Result<Response, ApiError> {
    let found = find(name, config)?.ok_or(ApiError::Empty(StatusCode::NOT_FOUND))?;
    let content_type = [(header::CONTENT_TYPE, found.content_type.clone())];
    if !found.gzpipped {
        return Ok((content_type, found.bytes.into_owned()).into_response());
    }
    let takes_gzip = headers.get(header::ACCEPT_ENCODING).is_some_and(|taken| {
        taken.to_str().is_ok_and(|taken| taken.split([',', ';']).any(|word| word.trim().eq_ignore_ascii_case("gzip")))
    });
    if takes_gzip {
        return Ok((content_type, [(header::CONTENT_ENCODING, "gzip")], found.bytes.into_owned()).into_response());
    }
    Ok((content_type, plain(&found)?).into_response())
}

/// The page for `/docs`, from where its files are one step down.
fn index_from_above(config: &Arc<Config<'static>>) -> Result<Html<String>, ApiError> {
    let found = find("index.html", config)?.ok_or(ApiError::Empty(StatusCode::NOT_FOUND))?;
    let page = String::from_utf8_lossy(&plain(&found)?).replacen("<head>", r#"<head><base href="docs/">"#, 1);
    Ok(Html(page))
}

fn find(name: &str, config: &Arc<Config<'static>>) -> Result<Option<SwaggerFile<'static>>, ApiError> {
    utoipa_swagger_ui::serve(name, config.clone()).map_err(|error| store_failure(error.as_ref()))
}

fn plain(found: &SwaggerFile<'_>) -> Result<Vec<u8>, ApiError> {
    if !found.gzpipped {
        return Ok(found.bytes.to_vec());
    }
    let mut plain = Vec::new();
    GzDecoder::new(found.bytes.as_ref()).read_to_end(&mut plain).map_err(|error| store_failure(&error))?;
    Ok(plain)
}

async fn example() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/dicom"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"example.dcm\""),
    ];
    (headers, Bytes::from_static(EXAMPLE)).into_response()
}
